//! The traits that a network hides behind: the denoiser and the text encoder.
use ndarray::{Array2, Array4, ArrayView2, ArrayView4};
use thiserror::Error;

/// One call of the denoising network. All share the batch length.
#[derive(Debug, Clone, Copy)]
pub struct DenoiserInput<'a> {
    /// Noisy ink maps x_t, `[batch, 1, side, side]`.
    pub sample: ArrayView4<'a, f32>,
    /// Training timesteps, `[batch]`, each in `0..num_train_timesteps`.
    pub timesteps: &'a [i64],
    /// Text vectors, `[batch, embedding_size]`; all zeros stands for "no text".
    pub text_embeds: ArrayView2<'a, f32>,
    /// Kinds of drawing, `[batch]`, indices into the manifest's `kinds`; 0 is "any".
    pub kinds: &'a [i64],
    /// Low-resolution maps that the network is told, `[batch, 1, low, low]` in −1…1; only networks
    /// that are the second stage of a cascade take them.
    pub low_res: Option<ArrayView4<'a, f32>>,
}

/// A failed network call. `Clone`, because one failure fans out to a whole batch.
#[derive(Debug, Clone, Error)]
#[error("the network failed: {0}")]
pub struct NetworkError(pub String);

/// The denoising network: predicts from x_t what its `prediction_type` says (v for the released
/// models: v = √ᾱ_t ε − √(1−ᾱ_t) x₀, Salimans & Ho 2022, "Progressive Distillation", appendix D).
pub trait Denoiser {
    /// Runs the network once for the whole batch; the result has the shape of `input.sample`.
    ///
    /// # Errors
    /// [`NetworkError`] when the runtime refuses the tensors or fails.
    fn predict(&mut self, input: DenoiserInput<'_>) -> Result<Array4<f32>, NetworkError>;
}

/// The frozen text encoder: text → one vector.
pub trait TextEncoder {
    /// Encodes `texts`, one row each: `[texts.len(), embedding_size]`.
    ///
    /// # Errors
    /// [`NetworkError`] when tokenizing or the runtime fails.
    fn encode(&mut self, texts: &[&str]) -> Result<Array2<f32>, NetworkError>;
}
