//! Moves level strokes onto the heights where a character can draw them.
//!
//! A level stroke that runs between two heights comes out as a row of `^^^` or `,,,`. A person who
//! draws with characters would put it where `-` or `_` is; so does this: every level piece of a
//! curve moves to the nearest such height, and what hangs on it follows smoothly.
use super::distance::{Mask, distance_to};
use super::glyphs::CELL_HEIGHT;
use super::regions::regions;
use ndarray::{Array2, Zip};

/// Pixels side by side in one row that count as level.
const LEVEL_RUN: usize = 5;
/// A level piece is at least this long (two cells) …
const SHORTEST: usize = 14;
/// … and rises or falls by no more than this, in pixels.
const HIGHEST: usize = 4;
/// How far the movement of a level piece reaches, in pixels.
const REACH: f32 = 14.0;

/// Moves the curves; `heights` are where in a cell level strokes should lie, in pixels from its top.
pub fn snap(curves: &Mask, heights: &[f32]) -> Mask {
    let pieces = level_pieces(curves);
    if heights.is_empty() || pieces.is_empty() {
        return curves.clone();
    }
    let moves = field(curves.dim(), &pieces, heights);
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
fn level_pieces(curves: &Mask) -> Vec<(Mask, f32)> {
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
        if extent(|p| p.1) >= SHORTEST && extent(|p| p.0) <= HIGHEST {
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
fn field(shape: (usize, usize), pieces: &[(Mask, f32)], heights: &[f32]) -> Array2<f32> {
    let mut moves = Array2::<f32>::zeros(shape);
    let mut weights = Array2::<f32>::from_elem(shape, 1.0 / (REACH * REACH));
    for (mask, mean) in pieces {
        let step = step_to_nearest(*mean, heights);
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

/// The smallest step from `mean` to one of the heights, in any cell.
fn step_to_nearest(mean: f32, heights: &[f32]) -> f32 {
    let cell = CELL_HEIGHT as f32;
    let mut best = f32::INFINITY;
    for height in heights {
        let step = (height - mean).rem_euclid(cell);
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

    #[test]
    fn a_level_line_moves_to_the_nearest_height() {
        let mut line = Mask::from_elem((64, 80), false);
        (10..60).for_each(|x| line[(20, x)] = true);
        let snapped = snap(&line, &[9.5]);
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
        let snapped = snap(&corner, &[9.5]);
        assert_eq!(regions(&snapped, true).len(), 1);
        assert!(snapped[(59, 59)], "far ends stay where they are");
    }

    #[test]
    fn steep_strokes_stay() {
        let diagonal = Mask::from_shape_fn((64, 64), |(y, x)| y == x);
        assert_eq!(snap(&diagonal, &[9.5]), diagonal);
    }
}
