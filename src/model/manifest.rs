//! `manifest.toml`: what a model folder holds, and how its networks are to be fed.
use super::ModelError;
use crate::domain::{Candidates, GuidanceScale, SamplerName, Steps, plain};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

/// The contract between training and program. Written by `glyffuse_training export`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub(super) format: u32,
    /// What the model is and where it comes from.
    pub model: Provenance,
    /// The denoising network.
    pub denoiser: DenoiserSpec,
    /// The text encoder.
    pub text_encoder: TextEncoderSpec,
    /// The words that the model knows.
    pub lexicon: LexiconSpec,
    /// The noise schedule of training.
    pub noise_schedule: NoiseScheduleSpec,
    /// What is used when a request does not say.
    pub defaults: Defaults,
    /// The network that picks among several drawings, where there is one.
    pub ranker: Option<RankerSpec>,
    /// The first stage of a cascade, where the denoiser is its second.
    pub low_res: Option<LowResSpec>,
    /// The network that draws single letters, where there is one.
    pub letters: Option<LettersSpec>,
    /// SHA-256 of every file, in hexadecimal.
    pub files: BTreeMap<String, String>,
}

/// What the model is and where it comes from.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// The name, as the folder's.
    pub name: String,
    /// Counts up with every release of the weights.
    pub version: u32,
    /// Licence of the weights.
    pub licence: String,
    /// Commit of the training code.
    pub training_commit: String,
    /// Hash of the training data.
    pub data_hash: String,
    /// Drawings that training saw.
    pub trained_drawings: u64,
}

/// The denoising network: tensors by name, shapes in manifest order.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DenoiserSpec {
    /// The ONNX file.
    pub file: String,
    /// ONNX operator set.
    pub opset: u32,
    /// Side of an ink map, in dots.
    pub map_size: usize,
    /// What the network predicts; only `v_prediction` is known.
    pub prediction_type: String,
    /// The kinds of drawing, by index; the first stands for any.
    pub kinds: Vec<String>,
}

/// The text encoder.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextEncoderSpec {
    /// The ONNX file.
    pub file: String,
    /// The tokenizer's JSON file.
    pub tokenizer: String,
    /// Length of a text vector.
    pub embedding_size: usize,
    /// Most tokens of a text; the rest is cut off.
    pub max_tokens: usize,
}

/// The words that the model knows.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LexiconSpec {
    /// Names of the concepts, one a line.
    pub concepts: String,
    /// Phrases with the row of their concept, sorted.
    pub phrases: String,
    /// Text vectors of the concepts' names.
    pub embeds: String,
    /// Texts less similar (cosine) than this to the nearest concept are drawn as that concept.
    pub snap_below: f32,
}

/// The noise schedule of training.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoiseScheduleSpec {
    /// Only `shifted_cosine` is known.
    pub name: String,
    /// T.
    pub num_train_timesteps: usize,
    /// Scale of the signal, (0, 1].
    pub signal_scale: f64,
}

/// The network that picks among several drawings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RankerSpec {
    /// The ONNX file.
    pub file: String,
    /// Drawings that compete when a request does not say.
    pub candidates: Candidates,
}

/// The first stage of a cascade: a denoiser of low-resolution maps, which the second stage is told.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LowResSpec {
    /// The ONNX file.
    pub file: String,
    /// Side of a low-resolution map, in dots.
    pub map_size: usize,
    /// The noise schedule of its training.
    pub noise_schedule: NoiseScheduleSpec,
    /// Stepping algorithm.
    pub sampler: SamplerName,
    /// Denoising steps.
    pub steps: Steps,
    /// How strongly the text guides the second stage; a request's own scale guides the first.
    pub second_guidance_scale: GuidanceScale,
}

/// The network that draws single letters: a denoiser whose text vector has one place for every
/// character, and whose kinds are hands.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LettersSpec {
    /// The ONNX file.
    pub file: String,
    /// Side of a letter's map, in dots.
    pub map_size: usize,
    /// The characters, in the order of their places.
    pub characters: String,
    /// The style of every hand, in the order of the kinds, which begin at 1.
    pub hands: Vec<String>,
    /// The styles to choose from when a request names none.
    pub usual_styles: Vec<String>,
    /// Stepping algorithm.
    pub sampler: SamplerName,
    /// Denoising steps.
    pub steps: Steps,
    /// Short texts less similar (cosine) than this to every concept are lettered.
    pub below: f32,
}

impl LettersSpec {
    /// The styles that can be asked for, each once, in the order of the hands.
    pub fn styles(&self) -> Vec<&str> {
        let mut styles: Vec<&str> = Vec::new();
        for style in &self.hands {
            if !styles.contains(&style.as_str()) {
                styles.push(style);
            }
        }
        styles
    }

    /// The hands, as kinds, of a style; of all usual styles for "".
    pub fn hands_of(&self, style: &str) -> Vec<i64> {
        let wanted = |hand: &String| match style {
            "" => self.usual_styles.contains(hand),
            style => hand == style,
        };
        let hands = self.hands.iter().enumerate().filter(|(_, hand)| wanted(hand));
        hands.map(|(place, _)| place as i64 + 1).collect()
    }
}

/// What is used when a request does not say.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Defaults {
    /// Stepping algorithm.
    pub sampler: SamplerName,
    /// Denoising steps.
    pub steps: Steps,
    /// Guidance scale.
    pub guidance_scale: GuidanceScale,
    /// Kind of drawing.
    pub kind: String,
}

impl Manifest {
    /// Reads and checks `manifest.toml` in a model folder; the other files are not touched.
    ///
    /// # Errors
    /// [`ModelError`] naming what is wrong.
    pub fn read(folder: &Path) -> Result<Self, ModelError> {
        let path = folder.join("manifest.toml");
        let text = fs::read_to_string(&path)
            .map_err(|source| ModelError::Unreadable { path: path.clone(), source })?;
        let wrong = |reason: String| ModelError::Manifest { path: path.clone(), reason };
        Self::of_text(&text).map_err(wrong)
    }

    /// Reads and checks the text of a manifest.
    ///
    /// # Errors
    /// A phrase that says what is wrong.
    pub fn of_text(text: &str) -> Result<Self, String> {
        let manifest: Self = toml::from_str(text).map_err(|error| plain(error.message()))?;
        manifest.check().map_err(|reason| plain(&reason))?;
        Ok(manifest)
    }

    /// Verifies the hash of every file.
    ///
    /// # Errors
    /// [`ModelError`] naming the first file that is missing or differs.
    pub fn verify(&self, folder: &Path) -> Result<(), ModelError> {
        for (file, expected) in &self.files {
            let path = folder.join(file);
            let unreadable = |source| ModelError::Unreadable { path: path.clone(), source };
            let mut hash = Sha256::new();
            io::copy(&mut fs::File::open(&path).map_err(unreadable)?, &mut HashWriter(&mut hash))
                .map_err(unreadable)?;
            let found: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
            if found != *expected {
                return Err(ModelError::HashMismatch { path });
            }
        }
        Ok(())
    }

    /// `name@version`, as recipes carry it.
    pub fn id(&self) -> String {
        format!("{}@{}", self.model.name, self.model.version)
    }

    /// One hash over the hashes of all files, in hexadecimal: equal only for the very same model.
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for (name, file) in &self.files {
            hash.update(format!("{name} {file}\n"));
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Feeds a hash from a reader.
struct HashWriter<'a>(&'a mut Sha256);

impl io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
