//! From an ink map to characters: pure image arithmetic, no network.
//!
//! The way of a map in the line style: enlarge smoothly to 8×16 pixels a cell → threshold, drop
//! specks → medial axis of what is thin, outline of what is wide → one even stroke → blur → nearest
//! glyph of every cell. The other styles show the map more directly.
mod blocks;
mod distance;
mod filled;
mod fit;
mod glyphs;
mod line;
mod matching;
mod page;
mod plane;
mod regions;
mod skeleton;
mod snap;
mod strokes;
mod typeset;

pub use fit::{Shadows, fit};
pub use glyphs::{CELL_HEIGHT, CELL_WIDTH, font};
pub use page::{Layer, compose};
pub use typeset::typeset;

use crate::domain::{CanvasSize, Charset, Drawing, InkMap, Style};
use glyphs::GlyphSet;

/// Turns ink maps into drawings of one style.
#[derive(Debug, Clone)]
pub struct Decoder(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Line(GlyphSet),
    Filled(GlyphSet),
    Braille,
    Blocks,
}

impl Decoder {
    /// A decoder for `style`. `charset` replaces the style's own character set; braille and blocks
    /// have a fixed one and ignore it.
    pub fn new(style: Style, charset: Option<&Charset>) -> Self {
        Self(match style {
            Style::Line => Kind::Line(GlyphSet::for_strokes(
                charset.unwrap_or(&Charset::strokes()),
                line::MATCH_SIGMA,
            )),
            Style::Filled => Kind::Filled(GlyphSet::new(
                charset.unwrap_or(&Charset::printable_ascii()),
                filled::MATCH_SIGMA,
            )),
            Style::Braille => Kind::Braille,
            Style::Blocks => Kind::Blocks,
        })
    }

    /// The finished drawing of an ink map, moved by less than a cell to where it fits the raster
    /// best.
    pub fn decode(&self, map: &InkMap, size: CanvasSize) -> Drawing {
        self.draw(map, size, true)
    }

    /// A quicker drawing, for the steps on the way.
    pub fn preview(&self, map: &InkMap, size: CanvasSize) -> Drawing {
        self.draw(map, size, false)
    }

    fn draw(&self, map: &InkMap, size: CanvasSize, align: bool) -> Drawing {
        let cells = match &self.0 {
            Kind::Line(glyphs) => line::draw(map, size, glyphs, align),
            Kind::Filled(glyphs) => filled::draw(map, size, glyphs, align),
            Kind::Braille => blocks::braille(map, size),
            Kind::Blocks => blocks::blocks(map, size),
        };
        Drawing::new(size, cells).expect("decoders fill the grid with allowed characters")
    }
}
