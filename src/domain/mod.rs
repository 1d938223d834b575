//! Plain values that cannot be wrong: what to draw, how, and the finished drawing.
mod canvas_size;
mod charset;
mod drawing;
mod ink_map;
mod style;

pub use canvas_size::CanvasSize;
pub use charset::{Charset, CharsetError};
pub use drawing::{Drawing, DrawingError};
pub use ink_map::{InkMap, InkMapError};
pub use style::Style;
