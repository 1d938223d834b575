//! Why nothing was drawn.
use crate::diffusion::NetworkError;
use crate::domain::LetteringError;
use thiserror::Error;

/// Why nothing was drawn. `Clone`, because one failure fans out to a whole batch.
#[derive(Debug, Clone, Error)]
pub enum EngineError {
    /// A network failed.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The model does not know this kind of drawing.
    #[error("the model draws no kind \"{kind}\": use one of {known}")]
    UnknownKind {
        /// The kind asked for.
        kind: String,
        /// The kinds there are.
        known: String,
    },
    /// The text cannot be lettered.
    #[error(transparent)]
    Lettering(#[from] LetteringError),
    /// Letters are asked for, and a picture to start from is given.
    #[error("letters are not drawn from a picture: leave the picture or the letters out")]
    LettersFromPicture,
    /// The picture of a recipe does not fit the model.
    #[error(
        "the picture is {found} dots wide and the model draws {wanted}: it is of another model"
    )]
    PictureSize {
        /// Dots along a side of the picture.
        found: usize,
        /// Dots along a side of the model's maps.
        wanted: usize,
    },
    /// The request waited longer than anybody waits for it.
    #[error("the request waited too long to be drawn")]
    TooLate,
    /// The engine has stopped.
    #[error("the engine has stopped")]
    Stopped,
    /// The manifest's noise schedule is not understood.
    #[error("the model's noise schedule \"{0}\" is not known to this program, or is unsound")]
    NoiseSchedule(String),
}
