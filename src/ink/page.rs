//! Puts several ink maps on one page, each into its place.
use super::distance::{Mask, distance_to};
use super::plane::{resize, window, window_mut};
use super::regions::regions;
use crate::domain::{InkMap, InkMapError, Place};
use ndarray::{Array2, ArrayView2, Zip};
use std::ops::Range;

/// Paper between a place's edge and its ink, as a share of the page.
const GAP: f32 = 0.03;
/// Paper around what stands before something else, as a share of the page.
const CLEARING: f32 = 0.035;

/// A map with its place on the page.
#[derive(Debug, Clone, Copy)]
pub struct Layer<'a> {
    /// The ink.
    pub map: &'a InkMap,
    /// Where it goes.
    pub place: Place,
    /// Whether it stands before the layers below it and hides them; else their ink is joined.
    pub in_front: bool,
}

/// Brings the layers, the first below, onto a page of `side` dots. The ink of each is made as large as
/// its place holds and stands on the place's ground; what is in front stands in the middle of its
/// place. In the end the whole is moved to the middle of the page.
///
/// # Errors
/// [`InkMapError`] for a page without dots.
pub fn compose(layers: &[Layer<'_>], side: usize) -> Result<InkMap, InkMapError> {
    let mut page = Array2::from_elem((side, side), -1.0);
    for layer in layers {
        stamp(&mut page, layer);
    }
    InkMap::new(centred(page))
}

fn stamp(page: &mut Array2<f32>, layer: &Layer<'_>) {
    let side = page.nrows() as f32;
    let Some(ink) = inked(layer.map.view()) else { return };
    let ink = window(layer.map.view(), ink.0, ink.1);
    let room = |share: f32| ((share - 2.0 * GAP) * side).max(1.0);
    let (height, width) = (room(layer.place.height), room(layer.place.width));
    let scale = (height / ink.nrows() as f32).min(width / ink.ncols() as f32);
    let grown = |length: usize| ((length as f32 * scale).round() as usize).clamp(1, page.nrows());
    let ink = resize(ink, (grown(ink.nrows()), grown(ink.ncols())));
    let spare = (height - ink.nrows() as f32).max(0.0) * if layer.in_front { 0.5 } else { 1.0 };
    let top = (layer.place.top + GAP) * side + spare;
    let left = (layer.place.left + layer.place.width / 2.0) * side - ink.ncols() as f32 / 2.0;
    let start = |at: f32, length: usize| {
        (at.round().max(0.0) as usize).min(page.nrows().saturating_sub(length))
    };
    let (y, x) = (start(top, ink.nrows()), start(left, ink.ncols()));
    if layer.in_front {
        clear(page, ink.view(), (y, x), CLEARING * side);
    }
    let mut target = window_mut(page, y..y + ink.nrows(), x..x + ink.ncols());
    Zip::from(&mut target).and(&ink).for_each(|page, ink| *page = page.max(*ink));
}

/// Takes the ink away where a shape at `(y, x)` will stand, and around it.
fn clear(page: &mut Array2<f32>, ink: ArrayView2<'_, f32>, (y, x): (usize, usize), around: f32) {
    let mut shape = Mask::from_elem(page.raw_dim(), false);
    let solid = filled(&ink.mapv(|ink| ink > 0.0));
    window_mut(&mut shape, y..y + ink.nrows(), x..x + ink.ncols()).assign(&solid);
    Zip::from(page).and(&distance_to(&shape)).for_each(|ink, &far| {
        if far <= around {
            *ink = -1.0;
        }
    });
}

/// A shape with its holes filled.
fn filled(shape: &Mask) -> Mask {
    let (rows, columns) = shape.dim();
    let mut filled = shape.clone();
    for hole in regions(&shape.mapv(|ink| !ink), false) {
        let open = |&(y, x): &(usize, usize)| y == 0 || x == 0 || y + 1 == rows || x + 1 == columns;
        if !hole.iter().any(open) {
            hole.into_iter().for_each(|place| filled[place] = true);
        }
    }
    filled
}

/// The rows and columns from the first ink to the last.
pub(super) fn inked(map: ArrayView2<'_, f32>) -> Option<(Range<usize>, Range<usize>)> {
    let span = |length: usize, holds: &dyn Fn(usize) -> bool| {
        let first = (0..length).find(|&line| holds(line))?;
        let last = (0..length).rfind(|&line| holds(line))?;
        Some(first..last + 1)
    };
    let rows = span(map.nrows(), &|y| map.row(y).iter().any(|ink| *ink > 0.0))?;
    let columns = span(map.ncols(), &|x| map.column(x).iter().any(|ink| *ink > 0.0))?;
    Some((rows, columns))
}

/// The page with its ink in the middle.
fn centred(page: Array2<f32>) -> Array2<f32> {
    let Some((rows, columns)) = inked(page.view()) else { return page };
    let first = |range: &Range<usize>| (page.nrows() - range.len()) / 2;
    let (top, left) = (first(&rows), first(&columns));
    let mut moved = Array2::from_elem(page.raw_dim(), -1.0);
    window_mut(&mut moved, top..top + rows.len(), left..left + columns.len()).assign(&window(
        page.view(),
        rows,
        columns,
    ));
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(from: usize, to: usize) -> InkMap {
        let inside = from..to;
        let ink = |(y, x)| inside.contains(&y) && inside.contains(&x);
        InkMap::new(Array2::from_shape_fn((72, 72), |at| if ink(at) { 1.0 } else { -1.0 }))
            .expect("square")
    }

    fn shape_count(map: &InkMap) -> usize {
        regions(&map.view().mapv(|ink| ink > 0.0), true).len()
    }

    #[test]
    fn things_fill_their_places_and_do_not_touch() {
        let small = square(30, 42);
        let places = Place::PAGE.cells(2);
        let layers = places.iter().map(|&place| Layer { map: &small, place, in_front: false });
        let page = compose(&layers.collect::<Vec<_>>(), 144).expect("square");
        assert_eq!(shape_count(&page), 2);
        let (rows, columns) = inked(page.view()).expect("ink");
        assert!((60..=66).contains(&rows.len()), "as high as half the page is wide: {rows:?}");
        assert!(columns.len() > 126, "{columns:?}");
        assert!((72 - (rows.start + rows.end) / 2) <= 1, "in the middle: {rows:?}");
    }

    #[test]
    fn what_is_in_front_hides_what_is_behind() {
        let solid = square(4, 68);
        let ring = InkMap::new(Array2::from_shape_fn((72, 72), |(y, x)| {
            let far = (y as f32 - 36.0).hypot(x as f32 - 36.0);
            if (20.0..26.0).contains(&far) { 1.0 } else { -1.0 }
        }));
        let ring = ring.expect("square");
        let middle = Place { top: 0.3, left: 0.3, height: 0.4, width: 0.4 };
        let behind = Layer { map: &solid, place: Place::PAGE, in_front: false };
        let front = Layer { map: &ring, place: middle, in_front: true };
        let page = compose(&[behind, front], 144).expect("square");
        assert_eq!(shape_count(&page), 2, "paper between the ring and the square around it");
        assert!(page.view()[(72, 72)] < 0.0, "the ring stays empty");
    }

    #[test]
    fn nothing_gives_paper() {
        let paper = InkMap::new(Array2::from_elem((72, 72), -1.0)).expect("square");
        let layer = Layer { map: &paper, place: Place::PAGE, in_front: true };
        let page = compose(&[layer], 36).expect("square");
        assert!(page.view().iter().all(|ink| *ink == -1.0));
    }
}
