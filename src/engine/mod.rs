//! One model at work: texts become meanings, meanings become ink maps; alone, or for many at once.
mod artist;
mod cascade;
mod check;
mod error;
mod letterer;
mod plan;
mod queue;
mod shape;

pub use artist::{Artist, MoreNetworks, Sketch, Thing};
pub use cascade::LowResStage;
pub use check::check;
pub use error::EngineError;
pub use letterer::{Letterer, PAGE_SIDE, Writing};
pub use queue::{Engine, EngineLoad, EngineSettings, Estimate, SubmitError, Ticket};
pub use shape::Shape;
