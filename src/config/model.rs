//! The section `[model]`.
use serde::Deserialize;
use std::path::PathBuf;

/// Which model draws.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSettings {
    /// Name of a folder in one of the libraries, or a path.
    pub name: String,
    /// Libraries that are searched first.
    pub folders: Vec<PathBuf>,
}

impl ModelSettings {
    /// The folders that hold models, in the order of the search: the settings', `./models`, beside
    /// the program, and the source tree's.
    pub fn libraries(&self) -> Vec<PathBuf> {
        let beside = std::env::current_exe().ok();
        let beside = beside.and_then(|exe| Some(exe.parent()?.join("models")));
        let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("models");
        let mut libraries = self.folders.clone();
        libraries
            .extend([Some(PathBuf::from("models")), beside, Some(source)].into_iter().flatten());
        libraries
    }
}
