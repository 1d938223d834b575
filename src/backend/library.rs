//! Finds the library of ONNX Runtime, or fetches it once.
use super::fetch::{FetchError, Package, fetch};
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Where the library may be.
#[derive(Debug, Clone, Default)]
pub struct LibrarySearch {
    /// The path named in the settings or the environment (`ORT_DYLIB_PATH`).
    pub named: Option<PathBuf>,
    /// The user's cache folder.
    pub cache: PathBuf,
    /// Whether the GPU build is wanted.
    pub gpu: bool,
}

/// A library that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    /// The file.
    pub path: PathBuf,
    /// How it was found, in words.
    pub origin: &'static str,
}

impl Library {
    /// Its version, known where this program fetched it. The loader refuses versions below 1.24.
    pub fn version(&self) -> Option<&str> {
        let folder = self.path.parent()?.file_name()?.to_str()?;
        [Package::CPU, Package::GPU]
            .iter()
            .find(|package| package.folder() == folder)
            .map(|package| package.version)
    }
}

/// Why there is no library.
#[derive(Debug, Error)]
pub enum LibraryError {
    /// The path that was named holds no file.
    #[error(
        "there is no ONNX Runtime library at {0}, which ORT_DYLIB_PATH or the setting runtime.library names: correct the path, or leave it out"
    )]
    NotAtNamedPath(String),
    /// The GPU build is large, so it is fetched on request only.
    #[error("the GPU build of ONNX Runtime is not there: run `glyffuse doctor --fetch cuda` once")]
    NoGpuLibrary,
    /// It could not be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
}

/// Where a library lies in the cache folder.
fn cached(cache: &Path, gpu: bool) -> PathBuf {
    let package = if gpu { Package::GPU } else { Package::CPU };
    cache.join(package.folder()).join(format!("{DLL_PREFIX}onnxruntime{DLL_SUFFIX}"))
}

/// Looks in the order: named path, beside the executable, cache folder. `None` when it is nowhere.
///
/// # Errors
/// [`LibraryError::NotAtNamedPath`].
pub fn find(search: &LibrarySearch) -> Result<Option<Library>, LibraryError> {
    if let Some(named) = &search.named {
        return if named.is_file() {
            Ok(Some(Library { path: named.clone(), origin: "named by setting or environment" }))
        } else {
            Err(LibraryError::NotAtNamedPath(named.display().to_string()))
        };
    }
    let beside = std::env::current_exe()
        .ok()
        .and_then(|exe| Some(exe.parent()?.join(format!("{DLL_PREFIX}onnxruntime{DLL_SUFFIX}"))));
    let mut places = vec![
        (beside, "beside the program"),
        (Some(cached(&search.cache, search.gpu)), "in the cache folder"),
    ];
    if !search.gpu {
        // The GPU build runs on the CPU too.
        places.push((Some(cached(&search.cache, true)), "in the cache folder (GPU build)"));
    }
    Ok(places.into_iter().find_map(|(path, origin)| {
        let path = path.filter(|path| path.is_file())?;
        Some(Library { path, origin })
    }))
}

impl LibrarySearch {
    /// The library; the CPU build is fetched when it is nowhere. `notify` is told before anything
    /// is fetched.
    ///
    /// # Errors
    /// [`LibraryError`] with what to do.
    pub fn find_or_fetch(&self, notify: &mut dyn FnMut(&str)) -> Result<Library, LibraryError> {
        if let Some(library) = find(self)? {
            return Ok(library);
        }
        if self.gpu {
            return Err(LibraryError::NoGpuLibrary);
        }
        fetch(Package::CPU, &self.cache, notify)?;
        Ok(Library { path: cached(&self.cache, false), origin: "fetched just now" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_path_must_hold_a_file() {
        let search = LibrarySearch { named: Some("/nowhere/lib.so".into()), ..Default::default() };
        let error = find(&search).expect_err("nothing is there").to_string();
        assert!(error.contains("/nowhere/lib.so") && error.contains("ORT_DYLIB_PATH"), "{error}");
    }

    #[test]
    fn the_gpu_library_is_never_fetched_unasked() {
        let cache = tempfile::tempdir().expect("a temporary folder");
        let search = LibrarySearch { named: None, cache: cache.path().into(), gpu: true };
        let mut told = Vec::new();
        let error = search.find_or_fetch(&mut |line| told.push(line.to_owned()));
        assert!(error.expect_err("not there").to_string().contains("doctor --fetch cuda"));
        assert!(told.is_empty());
    }
}
