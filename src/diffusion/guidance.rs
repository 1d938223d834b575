//! Classifier-free guidance: Ho & Salimans 2022, "Classifier-Free Diffusion Guidance".
use super::{Denoiser, DenoiserInput, NetworkError};
use ndarray::{Array2, Array4, ArrayView4, Axis, Slice, concatenate};

/// What conditions the drawings of a batch.
#[derive(Debug, Clone)]
pub struct Conditions {
    /// Text vectors, `[batch, embedding_size]`.
    pub text_embeds: Array2<f32>,
    /// Kinds of drawing, `[batch]`.
    pub kinds: Vec<i64>,
    /// Guidance scales, `[batch]`: 1 follows the text as learned, more exaggerates it.
    pub guidance_scales: Vec<f32>,
    /// Low-resolution maps that the network is told, `[batch, 1, low, low]`, where it takes them.
    pub low_res: Option<Array4<f32>>,
}

/// The guided prediction for x_t at one timestep: v = v(∅) + s (v(text) − v(∅)), equation 6 with
/// s = 1 + w. Both halves run in one call of the network; where every scale is 1 the half without
/// text is left out.
///
/// # Errors
/// [`NetworkError`] of the network, or when its answer has another shape.
pub fn predict(
    denoiser: &mut dyn Denoiser,
    sample: ArrayView4<'_, f32>,
    timestep: usize,
    conditions: &Conditions,
) -> Result<Array4<f32>, NetworkError> {
    let batch = sample.len_of(Axis(0));
    let guided = conditions.guidance_scales.iter().any(|&scale| scale != 1.0);
    let copies = if guided { 2 } else { 1 };
    let repeated = |part: &[i64]| part.repeat(copies);
    let (samples, texts) = if guided {
        let no_text = Array2::zeros(conditions.text_embeds.raw_dim());
        (
            concatenate![Axis(0), sample, sample],
            concatenate![Axis(0), conditions.text_embeds, no_text],
        )
    } else {
        (sample.to_owned(), conditions.text_embeds.clone())
    };
    let low_res = conditions.low_res.as_ref().map(|maps| match guided {
        true => concatenate![Axis(0), maps.view(), maps.view()],
        false => maps.clone(),
    });
    let answer = denoiser.predict(DenoiserInput {
        sample: samples.view(),
        timesteps: &vec![timestep as i64; copies * batch],
        text_embeds: texts.view(),
        kinds: &repeated(&conditions.kinds),
        low_res: low_res.as_ref().map(|maps| maps.view()),
    })?;
    if answer.dim() != samples.dim() {
        let (found, wanted) = (answer.shape(), samples.shape());
        return Err(NetworkError(format!("it answered with shape {found:?}, not {wanted:?}")));
    }
    let mut with_text = answer.slice_axis(Axis(0), Slice::from(..batch)).to_owned();
    if guided {
        let without = answer.slice_axis(Axis(0), Slice::from(batch..));
        let items = with_text.outer_iter_mut().zip(without.outer_iter());
        for ((mut with, without), &scale) in items.zip(&conditions.guidance_scales) {
            with.zip_mut_with(&without, |v, &base| *v = base + scale * (*v - base));
        }
    }
    Ok(with_text)
}
