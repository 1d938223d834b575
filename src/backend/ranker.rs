//! The ranker in ONNX Runtime: characters and a text vector to scores.
use super::ort::{BackendError, Runtime, check, network_failure, tensor};
use crate::diffusion::{NetworkError, RANKED_SIZE, Ranker};
use crate::domain::Drawing;
use crate::model::RankerSpec;
use ndarray::{Array3, ArrayView1, Axis};
use ort::session::Session;
use ort::value::TensorElementType;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// The network that picks among several drawings.
#[derive(Debug)]
pub struct OrtRanker(Mutex<Session>);

impl OrtRanker {
    /// Loads the network and checks its tensors against the manifest.
    ///
    /// # Errors
    /// [`BackendError`].
    pub fn open(
        runtime: &mut Runtime,
        folder: &Path,
        spec: &RankerSpec,
        embedding_size: usize,
    ) -> Result<Self, BackendError> {
        let file = folder.join(&spec.file);
        let session = runtime.session(&file)?;
        let (rows, columns) = (RANKED_SIZE.rows() as i64, RANKED_SIZE.columns() as i64);
        let (f32, i64) = (TensorElementType::Float32, TensorElementType::Int64);
        let inputs = [
            ("characters", i64, vec![-1, rows, columns]),
            ("text_embeds", f32, vec![1, embedding_size as i64]),
        ];
        check(&file, &session, &inputs, &[("score", f32, vec![-1])])?;
        Ok(Self(Mutex::new(session)))
    }
}

impl Ranker for OrtRanker {
    fn scores(
        &self,
        drawings: &[Drawing],
        text_embeds: ArrayView1<'_, f32>,
    ) -> Result<Vec<f32>, NetworkError> {
        let codes: Vec<_> = drawings.iter().flat_map(|drawing| drawing.cells()).map(code).collect();
        let shape = (drawings.len(), RANKED_SIZE.rows(), RANKED_SIZE.columns());
        let characters = Array3::from_shape_vec(shape, codes);
        let characters = characters.map_err(|error| network_failure(&error))?.into();
        let text_embeds = text_embeds.insert_axis(Axis(0)).into();
        // A network that panicked once holds no state of ours.
        let mut session = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut run = || -> ort::Result<Vec<f32>> {
            let outputs = session.run(ort::inputs![
                "characters" => tensor(&characters)?,
                "text_embeds" => tensor(&text_embeds)?,
            ])?;
            Ok(outputs["score"].try_extract_tensor::<f32>()?.1.to_vec())
        };
        run().map_err(|error| network_failure(&error))
    }
}

/// The number of a character: printable ASCII from the space, 0, to the tilde, 94; all else counts as
/// a space.
fn code(character: &char) -> i64 {
    match character {
        ' '..='~' => i64::from(u32::from(*character) - 32),
        _ => 0,
    }
}
