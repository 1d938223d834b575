//! The use cases of the program.
mod draw;
mod error;

pub use draw::{Answer, BATCH, DrawService, Options, Preview};
pub use error::DrawError;
