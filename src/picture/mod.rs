//! Pictures in and out: files of pictures become shadows to trace, drawings become PNG and SVG.
mod attached;
mod png;
mod read;
mod svg;

pub use attached::{AttachedError, LONGEST_SIDE, dots};
pub use png::png;
pub use read::{PictureError, read};
pub use svg::svg;
