//! Text → token numbers for the text encoder.
use super::{ModelError, TextEncoderSpec};
use ndarray::Array2;
use std::path::Path;
use tokenizers::{PaddingParams, PaddingStrategy, TruncationParams};

/// The tokenizer of a model's text encoder.
#[derive(Debug)]
pub struct Tokenizer(tokenizers::Tokenizer);

/// Token numbers of some texts, padded to the longest, `[texts, tokens]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// Token numbers.
    pub input_ids: Array2<i64>,
    /// 1 for a token, 0 for padding.
    pub attention_mask: Array2<i64>,
}

impl Tokenizer {
    /// Reads `tokenizer.json`.
    ///
    /// # Errors
    /// [`ModelError::Corrupt`] when it is no tokenizer.
    pub fn read(folder: &Path, spec: &TextEncoderSpec) -> Result<Self, ModelError> {
        let path = folder.join(&spec.tokenizer);
        let corrupt = |error: tokenizers::Error| ModelError::Corrupt {
            path: path.clone(),
            reason: error.to_string(),
        };
        let mut tokenizer = tokenizers::Tokenizer::from_file(&path).map_err(corrupt)?;
        let truncation = TruncationParams { max_length: spec.max_tokens, ..Default::default() };
        tokenizer.with_truncation(Some(truncation)).map_err(corrupt)?;
        let padding =
            PaddingParams { strategy: PaddingStrategy::BatchLongest, ..Default::default() };
        tokenizer.with_padding(Some(padding));
        Ok(Self(tokenizer))
    }

    /// Token numbers of `texts`.
    ///
    /// # Errors
    /// The tokenizer's own sentence.
    pub fn encode(&self, texts: &[&str]) -> Result<Tokens, String> {
        let encodings = self.0.encode_batch(texts.to_vec(), true).map_err(|e| e.to_string())?;
        let length = encodings.first().map_or(0, |encoding| encoding.get_ids().len());
        let matrix = |part: fn(&tokenizers::Encoding) -> &[u32]| {
            Array2::from_shape_fn((encodings.len(), length), |(text, token)| {
                i64::from(part(&encodings[text])[token])
            })
        };
        Ok(Tokens {
            input_ids: matrix(|encoding| encoding.get_ids()),
            attention_mask: matrix(|encoding| encoding.get_attention_mask()),
        })
    }
}
