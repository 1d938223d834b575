//! Any picture as an ink map: cropped to its ink and fitted to the square canvas.
use super::plane::{resize, window, window_mut};
use crate::domain::{InkMap, InkMapError};
use ndarray::{Array2, ArrayView2};

/// The empty margin on each side, as a share of the canvas, that training drawings have too.
const MARGIN: f32 = 0.04;

/// The darkness of a picture, 0 paper … 1 ink.
pub type Shadows = Array2<f32>;

/// Fits a picture to a square ink map of `side` dots: the inked part fills it up to an even margin.
/// A square picture of that very side is taken as it is. A picture without ink gives empty paper.
///
/// # Errors
/// [`InkMapError`] when the picture holds NaN or infinities.
pub fn fit(shadows: &Shadows, side: usize) -> Result<InkMap, InkMapError> {
    if shadows.dim() == (side, side) {
        return InkMap::new(shadows.mapv(|ink| 2.0 * ink - 1.0));
    }
    let mut map = Array2::from_elem((side, side), -1.0);
    if let Some(crop) = crop(shadows.view()) {
        let inner = side as f32 * (1.0 - 2.0 * MARGIN);
        let scale = inner / crop.nrows().max(crop.ncols()) as f32;
        let fitted = |length: usize| ((length as f32 * scale).round() as usize).clamp(1, side);
        let (rows, columns) = (fitted(crop.nrows()), fitted(crop.ncols()));
        let small = resize(crop, (rows, columns));
        let (top, left) = ((side - rows) / 2, (side - columns) / 2);
        window_mut(&mut map, top..top + rows, left..left + columns)
            .assign(&small.mapv(|ink| 2.0 * ink - 1.0));
    }
    InkMap::new(map)
}

/// The smallest rectangle that holds all ink.
fn crop(shadows: ArrayView2<'_, f32>) -> Option<ArrayView2<'_, f32>> {
    let inked = |ink: &f32| *ink > 0.25;
    let rows: Vec<_> = (0..shadows.nrows()).filter(|&y| shadows.row(y).iter().any(inked)).collect();
    let columns: Vec<_> =
        (0..shadows.ncols()).filter(|&x| shadows.column(x).iter().any(inked)).collect();
    let (top, bottom) = (*rows.first()?, *rows.last()?);
    let (left, right) = (*columns.first()?, *columns.last()?);
    Some(window(shadows, top..bottom + 1, left..right + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ink_fills_the_canvas_with_an_even_margin() {
        let mut shadows = Shadows::zeros((50, 200));
        window_mut(&mut shadows, 10..40, 100..160).fill(1.0);
        let map = fit(&shadows, 72).expect("finite");
        let inked: Vec<_> =
            map.view().indexed_iter().filter(|(_, v)| **v > 0.0).map(|(p, _)| p).collect();
        let left = inked.iter().map(|p| p.1).min();
        let right = inked.iter().map(|p| p.1).max();
        assert_eq!((left, right), (Some(3), Some(68)));
        let top = inked.iter().map(|p| p.0).min();
        let bottom = inked.iter().map(|p| p.0).max();
        assert_eq!((top, bottom), (Some(19), Some(51)));
    }

    #[test]
    fn a_blank_picture_is_blank_paper() {
        let map = fit(&Shadows::zeros((10, 30)), 72).expect("finite");
        assert!(map.view().iter().all(|&v| v == -1.0));
    }
}
