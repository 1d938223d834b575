//! The filled style: the map's own ink, matched with the full ASCII set.
use super::glyphs::GlyphSet;
use super::matching::{grid_pixels, match_cells};
use super::plane::{blur, resize};
use crate::domain::{CanvasSize, InkMap};

/// Blur of drawing and glyphs before they are compared, in pixels of an 8×16 cell.
pub const MATCH_SIGMA: f32 = 1.0;
/// Ink of a full cell, as a share of solid black: no glyph is blacker.
const GAIN: f32 = 0.8;

/// Draws an ink map as shaded areas; row by row, `size.columns()` characters each.
pub fn draw(map: &InkMap, size: CanvasSize, glyphs: &GlyphSet, align: bool) -> Vec<char> {
    let large = resize(map.view(), grid_pixels(size.rows(), size.columns()));
    let ink = large.mapv(|value| GAIN * (0.5 + 1.5 * value).clamp(0.0, 1.0));
    match_cells(blur(ink.view(), MATCH_SIGMA).view(), glyphs, align)
}
