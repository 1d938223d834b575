//! Fits characters to a picture: the best raster position, then the best glyph of every cell.
use super::glyphs::{CELL_HEIGHT, CELL_PIXELS, CELL_WIDTH, GlyphSet};
use ndarray::ArrayView2;

/// Offsets of the raster that are tried, in pixels: a quarter of a cell apart in both directions.
const SHIFTS: [isize; 4] = [-1, 0, 1, 2];

/// Matches every cell of a blurred picture (rows·16 × columns·8 pixels, 0 paper … 1 ink) with the
/// nearest glyph. With `align` the whole picture may first move by less than a cell to where it
/// fits the raster best, so that long straight strokes do not fall between two rows.
pub fn match_cells(picture: ArrayView2<'_, f32>, glyphs: &GlyphSet, align: bool) -> Vec<char> {
    let mut best = cells_at(picture, glyphs, (0, 0));
    if align {
        for down in SHIFTS {
            for right in SHIFTS {
                let shift = (down * CELL_HEIGHT as isize / 4, right * CELL_WIDTH as isize / 4);
                if shift == (0, 0) || cuts_ink(picture, shift) {
                    continue;
                }
                let other = cells_at(picture, glyphs, shift);
                if other.cost < best.cost {
                    best = other;
                }
            }
        }
    }
    best.indices.iter().map(|&index| glyphs.characters()[index]).collect()
}

/// The glyphs chosen for one position of the raster.
struct Fit {
    indices: Vec<usize>,
    cost: f32,
}

fn cells_at(picture: ArrayView2<'_, f32>, glyphs: &GlyphSet, shift: (isize, isize)) -> Fit {
    let (rows, columns) = (picture.nrows() / CELL_HEIGHT, picture.ncols() / CELL_WIDTH);
    let mut fit = Fit { indices: Vec::with_capacity(rows * columns), cost: 0.0 };
    let mut cell = [0.0; CELL_PIXELS];
    let mut costs = Vec::new();
    for row in 0..rows {
        for column in 0..columns {
            let corner =
                ((row * CELL_HEIGHT) as isize - shift.0, (column * CELL_WIDTH) as isize - shift.1);
            if !cut(picture, corner, &mut cell) {
                fit.indices.push(0);
                continue;
            }
            glyphs.costs(&cell, &mut costs);
            let mut best = 0;
            for (index, &cost) in costs.iter().enumerate() {
                if cost < costs[best] {
                    best = index;
                }
            }
            fit.indices.push(best);
            fit.cost += costs[best];
        }
    }
    fit
}

/// Copies one cell; beyond the picture is paper. False when the cell is empty.
fn cut(
    picture: ArrayView2<'_, f32>,
    corner: (isize, isize),
    cell: &mut [f32; CELL_PIXELS],
) -> bool {
    let mut inked = false;
    for (place, pixel) in cell.iter_mut().enumerate() {
        let y = corner.0 + (place / CELL_WIDTH) as isize;
        let x = corner.1 + (place % CELL_WIDTH) as isize;
        *pixel = match (usize::try_from(y), usize::try_from(x)) {
            (Ok(y), Ok(x)) => picture.get((y, x)).copied().unwrap_or(0.0),
            _ => 0.0,
        };
        inked |= *pixel > 0.02;
    }
    inked
}

/// Whether moving the picture by `shift` pixels would push ink over the border.
fn cuts_ink(picture: ArrayView2<'_, f32>, (down, right): (isize, isize)) -> bool {
    let lost = |length: usize, shift: isize, lines: &dyn Fn(usize) -> bool| {
        let count = shift.unsigned_abs();
        (0..count).any(|i| lines(if shift > 0 { length - 1 - i } else { i }))
    };
    lost(picture.nrows(), down, &|y| picture.row(y).iter().any(|&ink| ink > 0.2))
        || lost(picture.ncols(), right, &|x| picture.column(x).iter().any(|&ink| ink > 0.2))
}

/// The pixels of the grid of `rows` × `columns` cells.
pub fn grid_pixels(rows: usize, columns: usize) -> (usize, usize) {
    (rows * CELL_HEIGHT, columns * CELL_WIDTH)
}

/// A blank picture of one grid, for tests.
#[cfg(test)]
pub fn blank(rows: usize, columns: usize) -> ndarray::Array2<f32> {
    ndarray::Array2::zeros(grid_pixels(rows, columns))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Charset;
    use crate::ink::plane::{blur, window_mut};

    fn lines(cells: &[char], columns: usize) -> Vec<String> {
        cells.chunks(columns).map(|row| row.iter().collect()).collect()
    }

    #[test]
    fn paper_becomes_spaces() {
        let glyphs = GlyphSet::for_strokes(&Charset::strokes(), 1.5);
        let cells = match_cells(blank(3, 5).view(), &glyphs, true);
        assert!(cells.iter().all(|&c| c == ' '));
    }

    #[test]
    fn a_line_between_two_rows_is_moved_onto_one() {
        let glyphs = GlyphSet::for_strokes(&Charset::strokes(), 1.5);
        let mut picture = blank(4, 6);
        window_mut(&mut picture, 31..33, 8..40).fill(1.0);
        let picture = blur(picture.view(), 1.5);
        let drawn = lines(&match_cells(picture.view(), &glyphs, true), 6);
        let inked: Vec<_> = drawn.iter().filter(|line| !line.trim().is_empty()).collect();
        assert_eq!(inked.len(), 1, "{drawn:?}");
        let line = inked[0].trim();
        assert!(line.chars().all(|c| c == line.chars().next().expect("inked")), "{drawn:?}");
    }
}
