//! The use cases of the program: draw one after the other, or for many people at once.
mod draw;
mod error;
mod jury;
mod request;
mod statistics;
mod studio;

pub use draw::{BATCH, DrawService, Preview};
pub use error::DrawError;
pub use jury::Jury;
pub use request::{Answer, Options, follow, request};
pub use statistics::{Latencies, Quantiles};
pub use studio::{
    Admission, CHEAP, Caller, Finished, Progress, Refusal, Studio, StudioError, StudioStatus,
};
