//! Moves level and upright strokes to where a character can draw them.
//!
//! A level stroke that runs between two heights comes out as a row of `^^^` or `,,,`, an upright one
//! between two columns as a zigzag. A person who draws with characters would put them where `-`, `_`
//! and `|` are; so does this: every such piece of a curve moves to the nearest place, and what hangs
//! on it follows smoothly.
use super::distance::{Mask, distance_to};
use super::glyphs::{CELL_HEIGHT, CELL_WIDTH, GlyphSet};
use super::regions::regions;
use ndarray::{Array2, Zip};

/// Pixels side by side in one row that count as level.
const LEVEL_RUN: usize = 5;
/// A level piece rises or falls by no more than this, in pixels.
const HIGHEST: usize = 4;
/// How far the movement of a level piece reaches, in pixels.
const REACH: f32 = 14.0;

/// Where strokes along one direction should lie.
struct Raster<'a> {
    /// Places within a cell, in pixels across the direction.
    places: &'a [f32],
    /// Pixels from one cell to the next.
    cell: f32,
    /// Shortest piece that moves, in pixels.
    shortest: usize,
}

/// Moves level strokes to where the set's `-` and `_` are, and upright ones to its `|`.
pub fn snap(curves: &Mask, glyphs: &GlyphSet) -> Mask {
    let level = Raster {
        places: &glyphs.level_heights(),
        cell: CELL_HEIGHT as f32,
        shortest: 2 * CELL_WIDTH - 2,
    };
    let upright = Raster {
        places: &glyphs.upright_columns(),
        cell: CELL_WIDTH as f32,
        shortest: CELL_HEIGHT + CELL_HEIGHT / 4,
    };
    let curves = snap_level(curves, &level);
    let turned = curves.reversed_axes().as_standard_layout().into_owned();
    snap_level(&turned, &upright).reversed_axes().as_standard_layout().into_owned()
}

/// Moves the pieces that run along the rows.
fn snap_level(curves: &Mask, raster: &Raster<'_>) -> Mask {
    let pieces = level_pieces(curves, raster.shortest);
    if raster.places.is_empty() || pieces.is_empty() {
        return curves.clone();
    }
    let moves = field(curves.dim(), &pieces, raster);
    let mut snapped = Mask::from_elem(curves.raw_dim(), false);
    for ((y, x), _) in curves.indexed_iter().filter(|&(_, &curve)| curve) {
        let target = place(y, moves[(y, x)], curves.nrows());
        snapped[(target, x)] = true;
        // Neighbours that moved apart stay joined.
        for right in [-1, 0, 1] {
            let below = (y + 1, x.wrapping_add_signed(right));
            if curves.get(below) == Some(&true) {
                let end = place(below.0, moves[below], curves.nrows());
                for row in target.min(end)..=target.max(end) {
                    snapped[(row, x)] = true;
                }
            }
        }
    }
    snapped
}

/// Where a pixel of row `y` goes.
fn place(y: usize, step: f32, rows: usize) -> usize {
    (y as f32 + step).round().clamp(0.0, rows as f32 - 1.0) as usize
}

/// The level pieces of the curves, each as a mask with its mean height in pixels.
fn level_pieces(curves: &Mask, shortest: usize) -> Vec<(Mask, f32)> {
    let mut level = Mask::from_elem(curves.raw_dim(), false);
    for (y, row) in curves.outer_iter().enumerate() {
        let mut start = 0;
        for x in 0..=row.len() {
            if x == row.len() || !row[x] {
                if x - start >= LEVEL_RUN {
                    (start..x).for_each(|inside| level[(y, inside)] = true);
                }
                start = x + 1;
            }
        }
    }
    let mut pieces = Vec::new();
    for region in regions(&level, true) {
        let extent = |of: fn(&(usize, usize)) -> usize| {
            let (least, most) = region
                .iter()
                .map(of)
                .fold((usize::MAX, 0), |(least, most), v| (least.min(v), most.max(v)));
            most - least + 1
        };
        if extent(|p| p.1) >= shortest && extent(|p| p.0) <= HIGHEST {
            let mean = region.iter().map(|p| p.0 as f32 + 0.5).sum::<f32>() / region.len() as f32;
            let mut mask = Mask::from_elem(curves.raw_dim(), false);
            region.iter().for_each(|&p| mask[p] = true);
            pieces.push((mask, mean));
        }
    }
    pieces
}

/// The vertical movement of every pixel, in pixels: that of the near level pieces, weighted by
/// nearness, fading to none.
fn field(shape: (usize, usize), pieces: &[(Mask, f32)], raster: &Raster<'_>) -> Array2<f32> {
    let mut moves = Array2::<f32>::zeros(shape);
    let mut weights = Array2::<f32>::from_elem(shape, 1.0 / (REACH * REACH));
    for (mask, mean) in pieces {
        let step = step_to_nearest(*mean, raster);
        Zip::from(&mut moves).and(&mut weights).and(&distance_to(mask)).for_each(
            |movement, total, &distance| {
                let weight = 1.0 / (distance * distance + 0.1);
                *movement += weight * step;
                *total += weight;
            },
        );
    }
    moves / weights
}

/// The smallest step from `mean` to one of the places, in any cell.
fn step_to_nearest(mean: f32, raster: &Raster<'_>) -> f32 {
    let cell = raster.cell;
    let mut best = f32::INFINITY;
    for place in raster.places {
        let step = (place - mean).rem_euclid(cell);
        let step = if step > cell / 2.0 { step - cell } else { step };
        if step.abs() < best.abs() {
            best = step;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEVEL: Raster<'_> = Raster { places: &[9.5], cell: 16.0, shortest: 14 };

    #[test]
    fn upright_lines_move_onto_a_column() {
        let glyphs = GlyphSet::for_strokes(&crate::domain::Charset::strokes(), 1.5);
        let mut line = Mask::from_elem((80, 64), false);
        (10..60).for_each(|y| line[(y, 31)] = true);
        let snapped = snap(&line, &glyphs);
        let columns: Vec<_> =
            snapped.indexed_iter().filter(|(_, c)| **c).map(|((_, x), _)| x).collect();
        let middle = columns[0] % 8;
        assert!(
            columns.iter().all(|&x| x == columns[0]) && (3..=4).contains(&middle),
            "{columns:?}"
        );
    }

    #[test]
    fn a_level_line_moves_to_the_nearest_height() {
        let mut line = Mask::from_elem((64, 80), false);
        (10..60).for_each(|x| line[(20, x)] = true);
        let snapped = snap_level(&line, &LEVEL);
        let rows: Vec<_> =
            snapped.indexed_iter().filter(|(_, c)| **c).map(|((y, _), _)| y).collect();
        assert!(rows.iter().all(|&y| y == 25), "{rows:?}");
        assert_eq!(rows.len(), 50);
    }

    #[test]
    fn what_hangs_on_it_stays_joined() {
        let mut corner = Mask::from_elem((64, 80), false);
        (10..60).for_each(|x| corner[(20, x)] = true);
        (20..60).for_each(|y| corner[(y, 59)] = true);
        let snapped = snap_level(&corner, &LEVEL);
        assert_eq!(regions(&snapped, true).len(), 1);
        assert!(snapped[(59, 59)], "far ends stay where they are");
    }

    #[test]
    fn steep_strokes_stay() {
        let diagonal = Mask::from_shape_fn((64, 64), |(y, x)| y == x);
        assert_eq!(snap_level(&diagonal, &LEVEL), diagonal);
    }
}
