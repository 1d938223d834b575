//! What the characters look like: small pictures of the glyphs that a decoder matches against.
use super::plane::{blur, window};
use crate::domain::Charset;
use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};
use ndarray::Array2;

/// Width of a character cell in pixels.
pub const CELL_WIDTH: usize = 8;
/// Height of a character cell in pixels.
pub const CELL_HEIGHT: usize = 16;
/// Pixels in a cell.
pub const CELL_PIXELS: usize = CELL_WIDTH * CELL_HEIGHT;
/// Size of the font in a cell: DejaVu Sans Mono at 13 px is 7.83 px wide.
const FONT_PIXELS: f32 = 13.0;

/// The glyphs of a character set, blurred as the drawing will be.
#[derive(Debug, Clone)]
pub struct GlyphSet {
    characters: Vec<char>,
    /// One row of `CELL_PIXELS` a glyph, 0 paper … 1 ink.
    pixels: Vec<[f32; CELL_PIXELS]>,
    /// The sum of squares of each row, and how reluctantly the character is used.
    bias: Vec<f32>,
}

impl GlyphSet {
    /// Draws every character of the set into a cell and blurs it by `sigma` pixels.
    pub fn new(charset: &Charset, sigma: f32) -> Self {
        Self::draw(charset, sigma, |_| 0.0, false)
    }

    /// A set for drawing thin strokes: dashes join into lines, and what reads as texture is used
    /// reluctantly.
    pub fn for_strokes(charset: &Charset, sigma: f32) -> Self {
        Self::draw(charset, sigma, reluctance, true)
    }

    fn draw(charset: &Charset, sigma: f32, reluctance: fn(char) -> f32, wide_dash: bool) -> Self {
        let font = font();
        let mut set = Self { characters: Vec::new(), pixels: Vec::new(), bias: Vec::new() };
        for &character in charset.characters() {
            let mut sharp = draw_glyph(&font, character);
            if wide_dash && character == '-' {
                widen(&mut sharp);
            }
            let soft = blur(sharp.view(), sigma);
            let inner =
                window(soft.view(), PADDING..PADDING + CELL_HEIGHT, PADDING..PADDING + CELL_WIDTH);
            let mut pixels = [0.0; CELL_PIXELS];
            for (pixel, &ink) in pixels.iter_mut().zip(inner.iter()) {
                *pixel = ink;
            }
            set.characters.push(character);
            let energy: f32 = pixels.iter().map(|ink| ink * ink).sum();
            set.bias.push(energy + reluctance(character));
            set.pixels.push(pixels);
        }
        set
    }

    /// The characters, in the order of the glyph indices.
    pub fn characters(&self) -> &[char] {
        &self.characters
    }

    /// The heights at which `-` and `_` draw a level stroke, in pixels from the top of the cell;
    /// fewer where the set lacks them.
    pub fn level_heights(&self) -> Vec<f32> {
        ['-', '_'].iter().filter_map(|character| Some(self.centre(*character)?.0)).collect()
    }

    /// The columns at which `|` draws an upright stroke, in pixels from the left of the cell.
    pub fn upright_columns(&self) -> Vec<f32> {
        self.centre('|').map(|centre| centre.1).into_iter().collect()
    }

    /// The mean place of a glyph's ink, (from the top, from the left) in pixels.
    fn centre(&self, character: char) -> Option<(f32, f32)> {
        let index = self.characters.iter().position(|&other| other == character)?;
        let (mut down, mut right, mut total) = (0.0, 0.0, 0.0);
        for (place, ink) in self.pixels[index].iter().enumerate() {
            down += ink * ((place / CELL_WIDTH) as f32 + 0.5);
            right += ink * ((place % CELL_WIDTH) as f32 + 0.5);
            total += ink;
        }
        Some((down / total, right / total))
    }

    /// The squared difference between a cell's pixels and every glyph, less the cell's own energy
    /// (the same for all): |g|² − 2⟨c, g⟩, and the glyph's reluctance. The smallest is the best.
    pub fn costs(&self, cell: &[f32; CELL_PIXELS], costs: &mut Vec<f32>) {
        costs.clear();
        costs.extend(
            self.pixels.iter().zip(&self.bias).map(|(glyph, bias)| bias - 2.0 * dot(cell, glyph)),
        );
    }
}

/// What a character must gain over a plain stroke before it is used, in units of squared ink
/// (a cell crossed by a stroke holds about 3.5): rows of `^^^`, `<<<` or `!!!` read as texture, not
/// as a line. Tuned by eye on real icons.
fn reluctance(character: char) -> f32 {
    match character {
        '!' | ';' | ':' | '~' | '"' => 0.5,
        '<' | '>' | '=' | '+' => 1.0,
        '^' => 0.5,
        ',' => 0.15,
        _ => 0.0,
    }
}

/// The embedded DejaVu Sans Mono.
pub fn font() -> FontRef<'static> {
    FontRef::try_from_slice(dejavu::sans_mono::regular()).expect("the embedded font is well-formed")
}

/// Stretches a dash over the whole cell: side by side dashes are read as one line, but the glyph
/// itself is half a cell wide, so a level stroke would come out as `===`.
fn widen(plane: &mut Array2<f32>) {
    for mut row in plane.rows_mut() {
        let ink = row.iter().fold(0.0_f32, |most, &ink| most.max(ink));
        row.iter_mut().skip(PADDING).take(CELL_WIDTH).for_each(|pixel| *pixel = ink);
    }
}

/// Empty pixels around a glyph while it is blurred.
const PADDING: usize = 6;

/// A glyph in the middle of a padded cell, 0 paper … 1 ink.
fn draw_glyph(font: &FontRef<'_>, character: char) -> Array2<f32> {
    let mut plane = Array2::zeros((CELL_HEIGHT + 2 * PADDING, CELL_WIDTH + 2 * PADDING));
    // ab_glyph scales by the height from ascent to descent, other programs by the em square.
    let per_em = font.height_unscaled() / font.units_per_em().unwrap_or(2048.0);
    let scale = PxScale::from(FONT_PIXELS * per_em);
    let scaled = font.as_scaled(scale);
    let id = font.glyph_id(character);
    let left = PADDING as f32 + (CELL_WIDTH as f32 - scaled.h_advance(id)) / 2.0;
    let top = PADDING as f32 + (CELL_HEIGHT as f32 - scaled.height()) / 2.0;
    let glyph = id.with_scale_and_position(scale, point(left, top + scaled.ascent()));
    if let Some(outline) = font.outline_glyph(glyph) {
        let corner = outline.px_bounds().min;
        outline.draw(|x, y, coverage| {
            let place =
                ((corner.y as i32 + y as i32) as usize, (corner.x as i32 + x as i32) as usize);
            if let Some(pixel) = plane.get_mut(place) {
                *pixel = coverage.min(1.0);
            }
        });
    }
    plane
}

/// The inner product of two cells, in eight lanes that the compiler turns into vector code.
fn dot(a: &[f32; CELL_PIXELS], b: &[f32; CELL_PIXELS]) -> f32 {
    let mut lanes = [0.0_f32; 8];
    for (x, y) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        for lane in 0..8 {
            lanes[lane] += x[lane] * y[lane];
        }
    }
    lanes.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glyphs_sit_where_their_names_say() {
        let set = GlyphSet::for_strokes(&Charset::strokes(), 0.5);
        let rows = |character: char| set.centre(character).expect("in the set").0;
        assert!(rows('"') < rows('-') && rows('-') < rows('_'));
        assert!(rows('\'') < 6.0 && rows('.') > 9.0);
    }

    #[test]
    fn every_glyph_matches_itself() {
        let set = GlyphSet::new(&Charset::printable_ascii(), 1.0);
        let mut costs = Vec::new();
        for (index, pixels) in set.pixels.iter().enumerate() {
            set.costs(pixels, &mut costs);
            let best = (0..costs.len()).min_by(|&a, &b| costs[a].total_cmp(&costs[b]));
            assert_eq!(best, Some(index), "{:?}", set.characters[index]);
        }
    }
}
