//! What `models/` holds: manifest, tokenizer and lexicon, verified by hash.
mod check;
mod colour;
mod description;
mod lexicon;
mod manifest;
mod scene;
mod tokenizer;

pub use colour::colour;
pub use lexicon::{Lexicon, Meaning, normalise};
pub use manifest::{
    Defaults, DenoiserSpec, LettersSpec, LexiconSpec, LowResSpec, Manifest, NoiseScheduleSpec,
    Provenance, RankerSpec, TextEncoderSpec,
};
pub use scene::{Part, Subject, scene};
pub use tokenizer::{Tokenizer, Tokens};

use std::path::{Path, PathBuf};
use std::{fs, io};
use thiserror::Error;

/// What is wrong with a model folder.
#[derive(Debug, Error)]
pub enum ModelError {
    /// No folder of that name.
    #[error("there is no model \"{name}\" in {searched}: `glyffuse models` lists what there is")]
    NotFound {
        /// The name asked for.
        name: String,
        /// Where it was looked for.
        searched: String,
    },
    /// A file cannot be read.
    #[error("cannot read the model file {path}: {source}; fetch the model anew", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The manifest is not understood.
    #[error("the manifest {path} is not sound: {reason}", path = path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A file is not the one that was released.
    #[error("the model file {path} is damaged (its hash differs from the manifest's): fetch it anew", path = path.display())]
    HashMismatch {
        /// The file.
        path: PathBuf,
    },
    /// A file with the right hash makes no sense: a fault of the export.
    #[error("the model file {path} cannot be used: {reason}", path = path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// A verified model folder.
#[derive(Debug)]
pub struct Model {
    folder: PathBuf,
    manifest: Manifest,
    lexicon: Lexicon,
    tokenizer: Tokenizer,
}

impl Model {
    /// Opens a model folder: reads the manifest, verifies every hash, reads lexicon and tokenizer.
    ///
    /// # Errors
    /// [`ModelError`] naming the file at fault.
    pub fn open(folder: &Path) -> Result<Self, ModelError> {
        let manifest = Manifest::read(folder)?;
        manifest.verify(folder)?;
        let lexicon = Lexicon::read(folder, &manifest.lexicon)?;
        let tokenizer = Tokenizer::read(folder, &manifest.text_encoder)?;
        Ok(Self { folder: folder.to_owned(), manifest, lexicon, tokenizer })
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The words that the model knows.
    pub fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Takes the parts that the text encoder needs.
    pub fn into_parts(self) -> (Manifest, Lexicon, Tokenizer) {
        (self.manifest, self.lexicon, self.tokenizer)
    }
}

/// Finds a model: a path to a folder with a manifest, or a name in one of the `libraries`.
///
/// # Errors
/// [`ModelError::NotFound`].
pub fn find(name: &str, libraries: &[PathBuf]) -> Result<PathBuf, ModelError> {
    let holds_manifest = |folder: &PathBuf| folder.join("manifest.toml").is_file();
    let plain = !name.is_empty() && Path::new(name).components().count() == 1 && name != "..";
    let candidates = libraries.iter().filter(|_| plain).map(|library| library.join(name));
    candidates.chain([PathBuf::from(name)]).find(holds_manifest).ok_or_else(|| {
        let searched: Vec<_> =
            libraries.iter().map(|library| library.display().to_string()).collect();
        ModelError::NotFound { name: name.to_owned(), searched: searched.join(", ") }
    })
}

/// Every folder with a manifest in the libraries, by name; the first of a name wins.
pub fn list(libraries: &[PathBuf]) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for library in libraries {
        let mut folders: Vec<_> = fs::read_dir(library)
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|folder| folder.join("manifest.toml").is_file())
            .filter(|folder| !found.iter().any(|other| other.file_name() == folder.file_name()))
            .collect();
        folders.sort();
        found.extend(folders);
    }
    found
}
