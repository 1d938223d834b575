//! Chooses the characters of a whole drawing together.
//!
//! Matched cell by cell, a stroke that crosses a border between two cells may be drawn twice, or not
//! at all, and the characters along it change for no reason. So the drawing is compared as a whole:
//! with s_i the blurred glyph of cell i, set down at its place, the characters are those with the
//! smallest ‖Σ s_i − picture‖². Glyphs reach into the cells around them, so every cell's choice depends
//! on its neighbours'. A row is solved exactly by dynamic programming (Viterbi 1967) while the rows
//! above and below stay as they are; a few sweeps over all rows settle the whole.
use super::glyphs::{CELL_HEIGHT, CELL_WIDTH, GlyphSet, PADDING};
use super::plane::{blur, window};
use ndarray::{Array2, ArrayView2};

/// Blur of picture and glyphs while they are compared as a whole, in pixels.
const SIGMA: f32 = 2.0;
/// Sweeps over all rows; hardly anything changes in a third.
const SWEEPS: usize = 3;
/// Cells below and right of a cell, (down, right); the other four mirror them.
const NEIGHBOURS: [(isize, isize); 4] = [(0, 1), (1, -1), (1, 0), (1, 1)];
/// Correlation below which a cell stays empty, in units of squared ink.
const EMPTY: f32 = 0.02;

/// A stroke set's glyphs with what each costs beside each.
#[derive(Debug, Clone)]
pub struct Joint {
    /// Blurred glyphs with `PADDING` pixels around the cell.
    glyphs: Vec<Array2<f32>>,
    /// ‖s‖² of every glyph, and how reluctantly it is used.
    own: Vec<f32>,
    /// 2⟨s_a, s_b⟩ of every pair, `a * len + b`, for b at each of `NEIGHBOURS` of a.
    pairs: [Vec<f32>; 4],
    /// Blur that brings a picture from the set's blur to `SIGMA`, in pixels.
    further: f32,
}

impl Joint {
    /// The tables of a set that was blurred by `sigma` pixels, less than `SIGMA`.
    pub fn new(set: &GlyphSet, sigma: f32) -> Self {
        let further = (SIGMA * SIGMA - sigma * sigma).sqrt();
        let glyphs: Vec<_> = set.soft().iter().map(|soft| blur(soft.view(), further)).collect();
        let own = glyphs
            .iter()
            .zip(set.reluctance())
            .map(|(s, more)| (s * s).sum() + more * sigma / SIGMA);
        let pairs = NEIGHBOURS.map(|place| {
            glyphs
                .iter()
                .flat_map(|a| glyphs.iter().map(move |b| 2.0 * overlap(a, b, place)))
                .collect()
        });
        Self { own: own.collect(), pairs, further, glyphs }
    }

    /// The characters (indices into the set) that draw `picture`, which is moved by `shift` pixels down
    /// and right, best together; `start`, row by row, is where the search begins.
    pub fn settle(
        &self,
        picture: ArrayView2<'_, f32>,
        shift: (isize, isize),
        mut cells: Array2<usize>,
    ) -> Array2<usize> {
        let alone = self.alone(picture, shift, cells.dim());
        for _ in 0..SWEEPS {
            let before = cells.clone();
            for row in 0..cells.nrows() {
                self.settle_row(&alone, row, &mut cells);
            }
            if cells == before {
                break;
            }
        }
        cells
    }

    /// ‖s‖² − 2⟨picture, s⟩ of every glyph in every cell; only the first glyph, which is paper, where
    /// there is nothing to draw.
    fn alone(
        &self,
        picture: ArrayView2<'_, f32>,
        shift: (isize, isize),
        cells: (usize, usize),
    ) -> Array2<Option<Vec<f32>>> {
        let picture = blur(picture, self.further);
        Array2::from_shape_fn(cells, |(row, column)| {
            let top = (row * CELL_HEIGHT) as isize - shift.0 - PADDING as isize;
            let left = (column * CELL_WIDTH) as isize - shift.1 - PADDING as isize;
            let under = Array2::from_shape_fn(self.glyphs[0].dim(), |(y, x)| {
                let place = (usize::try_from(top + y as isize), usize::try_from(left + x as isize));
                let (Ok(y), Ok(x)) = place else { return 0.0 };
                picture.get((y, x)).copied().unwrap_or(0.0)
            });
            let inner =
                window(under.view(), PADDING..PADDING + CELL_HEIGHT, PADDING..PADDING + CELL_WIDTH);
            let inked = inner.iter().any(|&ink| ink > EMPTY);
            inked.then(|| {
                self.glyphs
                    .iter()
                    .zip(&self.own)
                    .map(|(s, own)| own - 2.0 * (s * &under).sum())
                    .collect()
            })
        })
    }

    /// Solves one row exactly, given the others.
    fn settle_row(&self, alone: &Array2<Option<Vec<f32>>>, row: usize, cells: &mut Array2<usize>) {
        let (columns, count) = (cells.ncols(), self.glyphs.len());
        // The cheapest way to end a row's beginning in each glyph, and the glyph before it.
        let mut best = vec![0.0; 1];
        let mut ways: Vec<Vec<usize>> = Vec::with_capacity(columns);
        for column in 0..columns {
            let choices = if alone[(row, column)].is_some() { count } else { 1 };
            let mut next = Vec::with_capacity(choices);
            let mut way = Vec::with_capacity(choices);
            for glyph in 0..choices {
                let own = alone[(row, column)].as_ref().map_or(0.0, |costs| costs[glyph])
                    + self.against_other_rows(cells, (row, column), glyph);
                let (from, cost) = best
                    .iter()
                    .enumerate()
                    .map(|(before, cost)| {
                        let joint =
                            if column == 0 { 0.0 } else { self.pairs[0][before * count + glyph] };
                        (before, cost + joint)
                    })
                    .min_by(|a, b| a.1.total_cmp(&b.1))
                    .unwrap_or((0, 0.0));
                next.push(cost + own);
                way.push(from);
            }
            best = next;
            ways.push(way);
        }
        let mut glyph = (0..best.len()).min_by(|&a, &b| best[a].total_cmp(&best[b])).unwrap_or(0);
        for column in (0..columns).rev() {
            cells[(row, column)] = glyph;
            glyph = ways[column][glyph];
        }
    }

    /// What a glyph in this cell costs beside the cells of the rows above and below.
    fn against_other_rows(
        &self,
        cells: &Array2<usize>,
        (row, column): (usize, usize),
        glyph: usize,
    ) -> f32 {
        let count = self.glyphs.len();
        let mut cost = 0.0;
        for (table, &(down, right)) in self.pairs.iter().zip(&NEIGHBOURS).skip(1) {
            let below = (row.wrapping_add_signed(down), column.wrapping_add_signed(right));
            if let Some(&other) = cells.get(below) {
                cost += table[glyph * count + other];
            }
            let above = (row.wrapping_add_signed(-down), column.wrapping_add_signed(-right));
            if let Some(&other) = cells.get(above) {
                cost += table[other * count + glyph];
            }
        }
        cost
    }
}

/// ⟨a, b⟩ with b's cell `place` cells (down, right) from a's.
fn overlap(a: &Array2<f32>, b: &Array2<f32>, place: (isize, isize)) -> f32 {
    let (down, right) = (place.0 * CELL_HEIGHT as isize, place.1 * CELL_WIDTH as isize);
    let mut sum = 0.0;
    for ((y, x), ink) in a.indexed_iter() {
        let there = (y.wrapping_add_signed(-down), x.wrapping_add_signed(-right));
        sum += ink * b.get(there).copied().unwrap_or(0.0);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Charset;
    use crate::ink::matching::{blank, match_cells};

    const SET_SIGMA: f32 = 1.5;

    fn set() -> GlyphSet {
        GlyphSet::for_strokes(&Charset::strokes(), SET_SIGMA)
    }

    /// A ring of strokes over `rows` × `columns` cells.
    fn ring(rows: usize, columns: usize) -> Array2<f32> {
        let mut picture = blank(rows, columns);
        let (height, width) = picture.dim();
        for ((y, x), ink) in picture.indexed_iter_mut() {
            let (down, right) = (y as f32 - height as f32 / 2.0, x as f32 - width as f32 / 2.0);
            let distance = down.hypot(right) - 0.4 * height.min(width) as f32;
            *ink = (1.3 - distance.abs()).clamp(0.0, 1.0);
        }
        blur(picture.view(), SET_SIGMA)
    }

    /// ‖Σ s_i − picture‖² less the picture's own energy, with the reluctance: what is made small.
    fn cost(joint: &Joint, picture: &Array2<f32>, cells: &Array2<usize>) -> f32 {
        let alone = joint.alone(picture.view(), (0, 0), cells.dim());
        let mut sum = 0.0;
        for (place, &glyph) in cells.indexed_iter() {
            sum += alone[place].as_ref().map_or(0.0, |costs| costs[glyph]);
            let after = (place.0, place.1 + 1);
            if let Some(&other) = cells.get(after) {
                sum += joint.pairs[0][glyph * joint.glyphs.len() + other];
            }
            sum += 0.5 * joint.against_other_rows(cells, place, glyph);
        }
        sum
    }

    #[test]
    fn together_is_never_worse_than_alone() {
        let (set, picture) = (set(), ring(8, 16));
        let joint = Joint::new(&set, SET_SIGMA);
        let drawn = match_cells(picture.view(), &set, false, None);
        let index = |c: &char| set.characters().iter().position(|other| other == c).expect("known");
        let alone =
            Array2::from_shape_vec((8, 16), drawn.iter().map(index).collect()).expect("8×16");
        let together = joint.settle(picture.view(), (0, 0), alone.clone());
        assert_ne!(alone, together);
        assert!(cost(&joint, &picture, &together) < cost(&joint, &picture, &alone));
    }

    #[test]
    fn paper_stays_paper() {
        let joint = Joint::new(&set(), SET_SIGMA);
        let cells = joint.settle(blank(3, 5).view(), (0, 0), Array2::zeros((3, 5)));
        assert!(cells.iter().all(|&glyph| glyph == 0));
    }

    #[test]
    fn tables_agree_with_the_sum() {
        let set = set();
        let joint = Joint::new(&set, SET_SIGMA);
        let (a, b) = (3, 7);
        let table = joint.pairs[2][a * joint.glyphs.len() + b];
        let mut both = Array2::<f32>::zeros((80, 40));
        for (glyph, top) in [(a, 10), (b, 10 + CELL_HEIGHT)] {
            for ((y, x), ink) in joint.glyphs[glyph].indexed_iter() {
                both[(top + y, 10 + x)] += ink;
            }
        }
        let energy = |glyph: usize| joint.glyphs[glyph].iter().map(|ink| ink * ink).sum::<f32>();
        let cross = both.iter().map(|ink| ink * ink).sum::<f32>() - energy(a) - energy(b);
        assert!((table - cross).abs() < 1e-3 * energy(a), "{table} {cross}");
    }
}
