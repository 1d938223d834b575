//! Whether the bot lives and can draw, told over HTTP to whoever watches over it: `/healthz`,
//! `/readyz`, `/metrics`. Nothing here is secret, and nothing can be changed from outside.
mod probe;
mod readiness;
mod server;

pub use probe::{Answer, ask};
pub use readiness::{NotReady, Readiness};
pub use server::{HealthError, listen, serve};
