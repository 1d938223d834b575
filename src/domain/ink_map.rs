//! The ink map: what the diffusion model draws on.
use ndarray::{Array2, ArrayView2};
use thiserror::Error;

/// A square map of ink, −1 paper to +1 ink, 72×72 dots for the released models: 2×4 dots a cell at
/// 36×18. Axis 0 is y (downwards), axis 1 is x.
#[derive(Debug, Clone, PartialEq)]
pub struct InkMap(Array2<f32>);

/// Values that are no ink map.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InkMapError {
    /// The map must be square and not empty.
    #[error("an ink map is square, not {rows}×{columns}")]
    NotSquare {
        /// Height in dots.
        rows: usize,
        /// Width in dots.
        columns: usize,
    },
    /// NaN or infinite.
    #[error("the ink map holds a value that is not a finite number")]
    NotFinite,
}

impl InkMap {
    /// Checks the shape and clamps every value to −1…1.
    ///
    /// # Errors
    /// [`InkMapError`] when the map is not square or holds NaN or infinities.
    pub fn new(mut ink: Array2<f32>) -> Result<Self, InkMapError> {
        let (rows, columns) = ink.dim();
        if rows != columns || rows == 0 {
            return Err(InkMapError::NotSquare { rows, columns });
        }
        if ink.iter().any(|value| !value.is_finite()) {
            return Err(InkMapError::NotFinite);
        }
        ink.mapv_inplace(|value| value.clamp(-1.0, 1.0));
        Ok(Self(ink))
    }

    /// The values, −1 paper to +1 ink.
    pub fn view(&self) -> ArrayView2<'_, f32> {
        self.0.view()
    }

    /// Width and height in dots.
    pub fn side(&self) -> usize {
        self.0.nrows()
    }
}
