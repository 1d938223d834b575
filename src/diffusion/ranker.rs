//! The trait of what picks among several drawings of one text.
use super::NetworkError;
use crate::domain::{CanvasSize, Drawing};
use ndarray::ArrayView1;

/// Reads finished drawings and says how well each shows a text.
pub trait Ranker: Send + Sync {
    /// The score of every drawing, higher is more readable: the logarithm of the probability that the
    /// reader takes it for `text_embeds` (`[embedding_size]`) and for none of the model's concepts.
    /// The drawings are of [`RANKED_SIZE`], in the line style.
    ///
    /// # Errors
    /// [`NetworkError`] when the runtime refuses the tensors or fails.
    fn scores(
        &self,
        drawings: &[Drawing],
        text_embeds: ArrayView1<'_, f32>,
    ) -> Result<Vec<f32>, NetworkError>;
}

/// The size at which drawings are compared, whatever size they are shown at.
pub const RANKED_SIZE: CanvasSize = CanvasSize::Phone;
