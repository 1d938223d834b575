//! Ink maps become characters here: pure image arithmetic.
