//! Sets single letters in lines on a square map.
use super::plane::{resize, window, window_mut};
use crate::domain::{InkMap, InkMapError};
use ndarray::{Array2, ArrayView2, Zip};
use std::ops::Range;

/// In dots of a letter's map: between two letters, a space, from one baseline to the next.
const GAP: usize = 3;
const SPACE: usize = 9;
const LEADING: usize = 27;
/// The empty margin on each side, as a share of the page.
const MARGIN: f32 = 0.02;
/// How much letters grow at most.
const LARGEST: f32 = 3.5;
/// How much more they may grow upwards than sideways, where there is room: a character cell is twice as
/// high as wide, so tall letters get more of them.
const TALLEST: f32 = 1.6;

/// A letter with the columns that hold its ink; none is a space.
struct Piece<'a> {
    map: ArrayView2<'a, f32>,
    columns: Range<usize>,
}

/// Sets lines of letters, all maps of one side in −1…1 with a common baseline, as large as they fit on a
/// square of `side` dots, a little taller than they are where the lines leave room, every line in the
/// middle. `None` is a space.
///
/// # Errors
/// [`InkMapError`] when a letter holds NaN or infinities.
pub fn typeset(
    lines: &[Vec<Option<ArrayView2<'_, f32>>>],
    side: usize,
) -> Result<InkMap, InkMapError> {
    let lines: Vec<Vec<Option<Piece<'_>>>> =
        lines.iter().map(|line| line.iter().map(|map| piece((*map)?)).collect()).collect();
    let widest = lines.iter().map(|line| width(line)).max().unwrap_or(0);
    let rows = rows(&lines);
    let mut page = Array2::from_elem((side, side), -1.0);
    if widest > 0 && !rows.is_empty() {
        let inner = side as f32 * (1.0 - 2.0 * MARGIN);
        let room = inner / rows.len() as f32;
        let across = (inner / widest as f32).min(room).min(LARGEST);
        let down = room.min(across * TALLEST).min(LARGEST);
        let scale = (down, across);
        let top = (side as f32 - rows.len() as f32 * down) / 2.0 - rows.start as f32 * down;
        for (number, line) in lines.iter().enumerate() {
            let mut x = (side as f32 - width(line) as f32 * across) / 2.0;
            let y = top + (number * LEADING) as f32 * down;
            for piece in line {
                if let Some(piece) = piece {
                    stamp(&mut page, piece, scale, (y, x));
                }
                x += advance(piece.as_ref()) as f32 * across;
            }
        }
    }
    InkMap::new(page)
}

fn piece(map: ArrayView2<'_, f32>) -> Option<Piece<'_>> {
    let inked = |column: &usize| map.column(*column).iter().any(|ink| *ink > 0.0);
    let first = (0..map.ncols()).find(inked)?;
    let last = (0..map.ncols()).rev().find(inked)?;
    // One column of paper on each side keeps the edges smooth when it is enlarged.
    Some(Piece { map, columns: first.saturating_sub(1)..(last + 2).min(map.ncols()) })
}

fn advance(piece: Option<&Piece<'_>>) -> usize {
    piece.map_or(SPACE, |piece| piece.columns.len() + GAP - 2)
}

fn width(line: &[Option<Piece<'_>>]) -> usize {
    let advances: usize = line.iter().map(|piece| advance(piece.as_ref())).sum();
    advances.saturating_sub(GAP - 2)
}

/// The rows from the topmost ink of all lines to the lowest, the first line's map beginning at 0.
fn rows(lines: &[Vec<Option<Piece<'_>>>]) -> Range<usize> {
    let inked = lines.iter().enumerate().flat_map(|(number, line)| {
        line.iter().flatten().flat_map(move |piece| {
            let rows = piece.map.rows().into_iter().enumerate();
            rows.filter(|(_, row)| row.iter().any(|ink| *ink > 0.0))
                .map(move |(row, _)| row + number * LEADING)
        })
    });
    inked.fold(0..0, |all, row| match all.is_empty() {
        true => row..row + 1,
        false => all.start.min(row)..all.end.max(row + 1),
    })
}

/// Brings a letter onto the page, scaled down and across, its map's upper left corner at `(y, x)`; what
/// lies outside is cut.
fn stamp(
    page: &mut Array2<f32>,
    piece: &Piece<'_>,
    (down, across): (f32, f32),
    (y, x): (f32, f32),
) {
    let letter = window(piece.map, 0..piece.map.nrows(), piece.columns.clone());
    let grown = |length: usize, scale: f32| ((length as f32 * scale).round() as usize).max(1);
    let letter = resize(letter, (grown(letter.nrows(), down), grown(letter.ncols(), across)));
    let side = page.nrows();
    let place = |at: f32, length: usize| {
        let at = at.round() as isize;
        let range = at.clamp(0, side as isize) as usize
            ..(at + length as isize).clamp(0, side as isize) as usize;
        let skipped = (range.start as isize - at).max(0) as usize;
        (range.clone(), skipped..skipped + range.len())
    };
    let ((rows, from_rows), (columns, from_columns)) =
        (place(y, letter.nrows()), place(x, letter.ncols()));
    if rows.is_empty() || columns.is_empty() {
        return;
    }
    let mut target = window_mut(page, rows, columns);
    let source = window(letter.view(), from_rows, from_columns);
    Zip::from(&mut target).and(source).for_each(|ink, new| *ink = ink.max(*new));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bar from the top of a capital to the baseline, so many columns wide.
    fn bar(columns: usize) -> Array2<f32> {
        Array2::from_shape_fn((32, 32), |(y, x)| {
            if (6..24).contains(&y) && (10..10 + columns).contains(&x) { 1.0 } else { -1.0 }
        })
    }

    fn runs(map: &InkMap, row: usize) -> usize {
        let row: Vec<_> = map.view().row(row).iter().map(|ink| *ink > 0.0).collect();
        row.windows(2).filter(|pair| !pair[0] && pair[1]).count()
    }

    #[test]
    fn letters_stand_apart_and_fill_the_page() {
        let letter = bar(6);
        let line = vec![Some(letter.view()); 5];
        let page = typeset(&[line], 120).expect("finite");
        assert_eq!(runs(&page, 60), 5);
        let inked: Vec<_> =
            page.view().indexed_iter().filter(|(_, ink)| **ink > 0.0).map(|(p, _)| p).collect();
        let left = inked.iter().map(|p| p.1).min().expect("ink");
        let right = inked.iter().map(|p| p.1).max().expect("ink");
        assert!(left <= 6 && right >= 113, "{left} {right}");
        let top = inked.iter().map(|p| p.0).min().expect("ink");
        let bottom = inked.iter().map(|p| p.0).max().expect("ink");
        assert!((119 - bottom).abs_diff(top) <= 2, "in the middle: {top} {bottom}");
    }

    #[test]
    fn lines_lie_one_below_the_other_and_spaces_part_words() {
        let letter = bar(8);
        let some = Some(letter.view());
        let page = typeset(&[vec![some, None, some], vec![some]], 120).expect("finite");
        let counts: Vec<_> = (0..120).map(|row| runs(&page, row)).collect();
        let first = counts.iter().position(|count| *count == 2).expect("two letters");
        let second = counts.iter().rposition(|count| *count == 1).expect("one letter");
        assert!(first < second && counts[(first + second) / 2] <= 2);
        assert!(counts[first..second].contains(&0), "paper between the lines");
    }

    #[test]
    fn no_letters_give_paper() {
        let paper = Array2::from_elem((32, 32), -1.0);
        for lines in [vec![], vec![vec![]], vec![vec![None, Some(paper.view())]]] {
            let page = typeset(&lines, 24).expect("finite");
            assert!(page.view().iter().all(|ink| *ink == -1.0));
        }
    }
}
