//! The `glyffuse` program.
fn main() {}
