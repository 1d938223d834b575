//! One model at work: texts become meanings, meanings become ink maps.
mod artist;

pub use artist::{Artist, EngineError, Sketch};
