//! The section `[runtime]`.
use crate::domain::ProviderName;
use serde::Deserialize;
use std::path::PathBuf;

/// How the networks run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuntimeSettings {
    /// Execution providers, the preferred first.
    pub providers: Vec<ProviderName>,
    /// Whether the CPU may step in.
    pub allow_cpu_fallback: bool,
    /// Threads of one drawing; 0 takes all cores.
    pub threads: usize,
    /// Path to the library of ONNX Runtime, or empty.
    pub library: String,
    /// Cache folder, or empty for the user's.
    pub cache_folder: String,
}

impl RuntimeSettings {
    /// Most threads.
    pub const MOST_THREADS: usize = 256;

    /// The library that is named, in the environment or here.
    pub fn named_library(&self) -> Option<PathBuf> {
        let environment = std::env::var_os("ORT_DYLIB_PATH").map(PathBuf::from);
        let named = environment.unwrap_or_else(|| self.library.clone().into());
        (!named.as_os_str().is_empty()).then_some(named)
    }

    /// The cache folder.
    pub fn cache(&self) -> PathBuf {
        if !self.cache_folder.is_empty() {
            return self.cache_folder.clone().into();
        }
        let folders = directories::ProjectDirs::from("", "", "glyffuse");
        folders.map_or_else(|| std::env::temp_dir().join("glyffuse"), |f| f.cache_dir().to_owned())
    }
}
