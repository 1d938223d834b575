//! Why a drawing was not made.
use crate::engine::EngineError;
use thiserror::Error;

/// Why a drawing was not made.
#[derive(Debug, Error)]
pub enum DrawError {
    /// The networks failed, or the kind is not known.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The recipe is of another model.
    #[error(
        "this recipe is for the model {wanted}, and {loaded} is loaded: choose it with --model, or get that version"
    )]
    OtherModel {
        /// The recipe's model.
        wanted: String,
        /// The loaded model.
        loaded: String,
    },
    /// Somebody stopped it.
    #[error("the drawing was stopped")]
    Stopped,
}
