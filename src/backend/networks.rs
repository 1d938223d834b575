//! The denoisers and the text encoder in ONNX Runtime.
use super::ort::{BackendError, Runtime, check, network_failure, tensor};
use crate::diffusion::{Denoiser, DenoiserInput, NetworkError, TextEncoder};
use crate::model::{LettersSpec, LowResSpec, Manifest, TextEncoderSpec, Tokenizer};
use ndarray::{Array2, Array4, ArrayView, Ix2, Ix4};
use ort::session::Session;
use ort::value::TensorElementType;
use std::path::Path;

/// A denoising network.
#[derive(Debug)]
pub struct OrtDenoiser {
    session: Session,
    takes_low_res: bool,
}

/// What a denoising network's tensors are like.
#[derive(Debug, Clone, Copy)]
struct DenoiserShape {
    map_size: usize,
    embedding_size: usize,
    /// Side of the low-resolution map that it is told.
    low_res: Option<usize>,
}

impl OrtDenoiser {
    /// Loads a model's denoiser and checks its tensors against the manifest.
    ///
    /// # Errors
    /// [`BackendError`].
    pub fn open(
        runtime: &mut Runtime,
        folder: &Path,
        manifest: &Manifest,
    ) -> Result<Self, BackendError> {
        let shape = DenoiserShape {
            map_size: manifest.denoiser.map_size,
            embedding_size: manifest.text_encoder.embedding_size,
            low_res: manifest.low_res.as_ref().map(|spec| spec.map_size),
        };
        Self::of(runtime, &folder.join(&manifest.denoiser.file), shape)
    }

    /// Loads the first stage of a cascade and checks its tensors.
    ///
    /// # Errors
    /// [`BackendError`].
    pub fn open_low_res(
        runtime: &mut Runtime,
        folder: &Path,
        spec: &LowResSpec,
        embedding_size: usize,
    ) -> Result<Self, BackendError> {
        let shape = DenoiserShape { map_size: spec.map_size, embedding_size, low_res: None };
        Self::of(runtime, &folder.join(&spec.file), shape)
    }

    /// Loads the network of letters and checks its tensors.
    ///
    /// # Errors
    /// [`BackendError`].
    pub fn open_letters(
        runtime: &mut Runtime,
        folder: &Path,
        spec: &LettersSpec,
    ) -> Result<Self, BackendError> {
        let embedding_size = spec.characters.chars().count();
        let shape = DenoiserShape { map_size: spec.map_size, embedding_size, low_res: None };
        Self::of(runtime, &folder.join(&spec.file), shape)
    }

    fn of(runtime: &mut Runtime, file: &Path, shape: DenoiserShape) -> Result<Self, BackendError> {
        let session = runtime.session(file)?;
        let (side, size) = (shape.map_size as i64, shape.embedding_size as i64);
        let (f32, i64) = (TensorElementType::Float32, TensorElementType::Int64);
        let mut inputs = vec![
            ("sample", f32, vec![-1, 1, side, side]),
            ("timestep", i64, vec![-1]),
            ("text_embeds", f32, vec![-1, size]),
            ("kind", i64, vec![-1]),
        ];
        if let Some(low) = shape.low_res {
            inputs.push(("low_res", f32, vec![-1, 1, low as i64, low as i64]));
        }
        check(file, &session, &inputs, &[("out_sample", f32, vec![-1, 1, side, side])])?;
        Ok(Self { session, takes_low_res: shape.low_res.is_some() })
    }
}

impl Denoiser for OrtDenoiser {
    fn predict(&mut self, input: DenoiserInput<'_>) -> Result<Array4<f32>, NetworkError> {
        let sample = input.sample.as_standard_layout();
        let text_embeds = input.text_embeds.as_standard_layout();
        let timesteps = ArrayView::from(input.timesteps).into();
        let kinds = ArrayView::from(input.kinds).into();
        let low_res = input.low_res.filter(|_| self.takes_low_res);
        let low_res = low_res.as_ref().map(|maps| maps.as_standard_layout());
        let mut run = || -> ort::Result<Array4<f32>> {
            let mut inputs = ort::inputs![
                "sample" => tensor(&sample)?,
                "timestep" => tensor(&timesteps)?,
                "text_embeds" => tensor(&text_embeds)?,
                "kind" => tensor(&kinds)?,
            ];
            if let Some(maps) = &low_res {
                inputs.push(("low_res".into(), tensor(maps)?.into()));
            }
            let outputs = self.session.run(inputs)?;
            let out = outputs["out_sample"].try_extract_array::<f32>()?;
            out.into_dimensionality::<Ix4>()
                .map(|array| array.to_owned())
                .map_err(|error| ort::Error::new(error.to_string()))
        };
        run().map_err(|error| network_failure(&error))
    }
}

/// The text encoder with its tokenizer.
#[derive(Debug)]
pub struct OrtTextEncoder {
    session: Session,
    tokenizer: Tokenizer,
}

impl OrtTextEncoder {
    /// Loads the network and checks its tensors against the manifest.
    ///
    /// # Errors
    /// [`BackendError`].
    pub fn open(
        runtime: &mut Runtime,
        folder: &Path,
        spec: &TextEncoderSpec,
        tokenizer: Tokenizer,
    ) -> Result<Self, BackendError> {
        let file = folder.join(&spec.file);
        let session = runtime.session(&file)?;
        let (f32, i64) = (TensorElementType::Float32, TensorElementType::Int64);
        let inputs = [("input_ids", i64, vec![-1, -1]), ("attention_mask", i64, vec![-1, -1])];
        let size = spec.embedding_size as i64;
        check(&file, &session, &inputs, &[("text_embeds", f32, vec![-1, size])])?;
        Ok(Self { session, tokenizer })
    }
}

impl TextEncoder for OrtTextEncoder {
    fn encode(&mut self, texts: &[&str]) -> Result<Array2<f32>, NetworkError> {
        let tokens = self.tokenizer.encode(texts).map_err(|error| network_failure(&error))?;
        let (input_ids, mask) = (tokens.input_ids.into(), tokens.attention_mask.into());
        let mut run = || -> ort::Result<Array2<f32>> {
            let outputs = self.session.run(ort::inputs![
                "input_ids" => tensor(&input_ids)?,
                "attention_mask" => tensor(&mask)?,
            ])?;
            let out = outputs["text_embeds"].try_extract_array::<f32>()?;
            out.into_dimensionality::<Ix2>()
                .map(|array| array.to_owned())
                .map_err(|error| ort::Error::new(error.to_string()))
        };
        run().map_err(|error| network_failure(&error))
    }
}
