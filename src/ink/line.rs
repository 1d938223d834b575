//! The line style: thin even strokes, matched with a stroke-only character set.
use super::distance::Mask;
use super::glyphs::GlyphSet;
use super::matching::{grid_pixels, match_cells};
use super::plane::{blur, resize};
use super::regions::drop_specks;
use super::snap::snap;
use super::strokes::{StrokeWidths, curves, ink};
use crate::domain::{CanvasSize, InkMap};

/// Blur of drawing and glyphs before they are compared, in pixels of an 8×16 cell.
pub const MATCH_SIGMA: f32 = 1.5;
/// Smoothing of the enlarged map, in dots of the map: takes the steps out of edges.
const SMOOTHING_DOTS: f32 = 0.45;
/// What is wider than this share of the canvas is a blob: 7 of 72 dots.
const THIN_SHARE: f32 = 7.0 / 72.0;
/// Ink specks and pinholes below this share of the canvas area go: about 5 of 72×72 dots.
const SPECK_SHARE: f32 = 5.0 / (72.0 * 72.0);
/// The even stroke, in pixels of an 8×16 cell.
const STROKE_PIXELS: f32 = 1.6;

/// Draws an ink map with strokes; row by row, `size.columns()` characters each.
pub fn draw(map: &InkMap, size: CanvasSize, glyphs: &GlyphSet, align: bool) -> Vec<char> {
    let (rows, columns) = grid_pixels(size.rows(), size.columns());
    let large = resize(map.view(), (rows, columns));
    let smooth = blur(large.view(), SMOOTHING_DOTS * rows as f32 / map.side() as f32);
    let mut mask: Mask = smooth.mapv(|ink| ink > 0.0);
    drop_specks(&mut mask, (SPECK_SHARE * (rows * columns) as f32) as usize);
    let widths = StrokeWidths { thin_limit: THIN_SHARE * rows as f32, stroke: STROKE_PIXELS };
    let curves = snap(&curves(&mask, widths), glyphs);
    let strokes = ink(&curves, STROKE_PIXELS);
    match_cells(blur(strokes.view(), MATCH_SIGMA).view(), glyphs, align)
}
