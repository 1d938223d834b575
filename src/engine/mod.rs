//! One model at work: texts become meanings, meanings become ink maps; alone, or for many at once.
mod artist;
mod queue;

pub use artist::{Artist, EngineError, Shape, Sketch, check};
pub use queue::{Engine, EngineLoad, EngineSettings, Estimate, SubmitError, Ticket};
