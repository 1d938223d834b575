//! Which execution providers run the networks, in which order.
use super::fetch::Package;
use crate::domain::ProviderName;
use ort::ep::{self, ExecutionProviderDispatch};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// An ordered choice of execution providers.
#[derive(Debug, Clone)]
pub struct Providers {
    /// What to use, the preferred first.
    pub order: Vec<ProviderName>,
    /// Whether the CPU may step in for one that cannot be had.
    pub allow_cpu_fallback: bool,
    /// Folder for fetched libraries and TensorRT's engines.
    pub cache: PathBuf,
}

/// A choice that cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProvidersError {
    /// Nothing is chosen.
    #[error(
        "no execution provider is chosen: set runtime.providers to [\"cpu\"], or name cuda or tensorrt before it"
    )]
    Empty,
    /// The program was built without it.
    #[error(
        "this program was built without {0}: build it with `cargo build --release --features {0}`, or set runtime.allow_cpu_fallback"
    )]
    NotBuiltIn(ProviderName),
    /// ONNX Runtime refused it.
    #[error(
        "the execution provider {name} cannot be had: {reason}; run `glyffuse doctor`, or set runtime.allow_cpu_fallback"
    )]
    Unavailable {
        /// The provider.
        name: ProviderName,
        /// What ONNX Runtime said.
        reason: String,
    },
}

impl Providers {
    /// The CPU alone.
    pub fn cpu(cache: PathBuf) -> Self {
        Self { order: vec![ProviderName::Cpu], allow_cpu_fallback: false, cache }
    }

    /// Whether the GPU build of ONNX Runtime is needed.
    pub fn want_gpu(&self) -> bool {
        self.order.iter().any(|name| *name != ProviderName::Cpu)
    }

    /// Checks that something is chosen and built in.
    ///
    /// # Errors
    /// [`ProvidersError::Empty`] or [`ProvidersError::NotBuiltIn`].
    pub fn check(&self) -> Result<(), ProvidersError> {
        if self.order.is_empty() {
            return Err(ProvidersError::Empty);
        }
        match self.order.iter().find(|name| !is_built_in(**name)) {
            Some(&missing) => Err(ProvidersError::NotBuiltIn(missing)),
            None => Ok(()),
        }
    }

    /// What ONNX Runtime is to register, in order. `network` names the caches of TensorRT.
    pub fn dispatches(&self, network: &str) -> Vec<ExecutionProviderDispatch> {
        let dispatch = |name: &ProviderName| dispatch(*name, &self.cache, network);
        self.order.iter().filter_map(dispatch).collect()
    }
}

/// Whether a provider was compiled in.
pub fn is_built_in(name: ProviderName) -> bool {
    match name {
        ProviderName::Cpu => true,
        ProviderName::Cuda => cfg!(feature = "cuda"),
        ProviderName::Tensorrt => cfg!(feature = "tensorrt"),
    }
}

/// How a provider is registered: never silently replaced by the CPU.
fn dispatch(name: ProviderName, cache: &Path, network: &str) -> Option<ExecutionProviderDispatch> {
    match name {
        ProviderName::Cpu => Some(ep::CPU::default().build().error_on_failure()),
        #[cfg(feature = "cuda")]
        ProviderName::Cuda => {
            // The same kernels on every start: a drawing must not depend on a benchmark.
            let search = ep::cuda::ConvAlgorithmSearch::Heuristic;
            Some(ep::CUDA::default().with_conv_algorithm_search(search).build().error_on_failure())
        }
        #[cfg(feature = "tensorrt")]
        ProviderName::Tensorrt => {
            let engines = cache.join("tensorrt").join(network);
            let path = engines.display().to_string();
            let provider = ep::TensorRT::default()
                .with_fp16(true)
                .with_engine_cache(true)
                .with_engine_cache_path(&path)
                .with_timing_cache(true)
                .with_timing_cache_path(&path);
            Some(provider.build().error_on_failure())
        }
        #[cfg(not(all(feature = "cuda", feature = "tensorrt")))]
        _ => {
            let _ = (cache, network);
            None
        }
    }
}

/// What ONNX Runtime said, without the places in its sources, and what would mend it.
pub fn plain_reason(said: &str) -> String {
    let core = said.rsplit("with error: ").next().unwrap_or(said).trim();
    let hint = [
        ("libcuda.so", "NVIDIA's driver is not installed"),
        ("libnvinfer", "TensorRT 10 is not installed"),
        ("libcu", "run `glyffuse doctor --fetch cuda`"),
        ("libnv", "run `glyffuse doctor --fetch cuda`"),
    ];
    match hint.iter().find(|(library, _)| core.contains(library)) {
        Some((_, hint)) => format!("{core} ({hint})"),
        None => core.to_owned(),
    }
}

/// Loads NVIDIA's libraries from the cache folder before ONNX Runtime looks for them on the system;
/// those that are not there are left to the system.
pub fn preload_gpu_libraries(cache: &Path) {
    for package in Package::CUDA {
        let Ok(entries) = std::fs::read_dir(cache.join(package.folder())) else { continue };
        let mut libraries: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        libraries.sort();
        for library in libraries {
            // What does not load is said by ONNX Runtime when it is missed.
            let _ = ort::util::preload_dylib(&library);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn providers(order: &[ProviderName]) -> Providers {
        Providers { order: order.to_vec(), allow_cpu_fallback: false, cache: PathBuf::new() }
    }

    #[test]
    fn a_choice_is_checked_before_anything_is_loaded() {
        assert_eq!(providers(&[]).check(), Err(ProvidersError::Empty));
        assert_eq!(providers(&[ProviderName::Cpu]).check(), Ok(()));
        let cuda = providers(&[ProviderName::Cuda, ProviderName::Cpu]);
        if cfg!(feature = "cuda") {
            assert_eq!(cuda.check(), Ok(()));
        } else {
            let error = cuda.check().expect_err("not built in");
            assert!(error.to_string().contains("--features cuda"), "{error}");
        }
        assert!(cuda.want_gpu() && !providers(&[ProviderName::Cpu]).want_gpu());
    }

    #[test]
    fn reasons_are_short_and_say_what_to_do() {
        let said = "/onnxruntime_src/bridge.cc:2043 FAIL : Failed to load library /x/y.so with error: \
                    libcuda.so.1: cannot open shared object file: No such file or directory";
        let reason = plain_reason(said);
        assert!(reason.starts_with("libcuda.so.1") && reason.contains("driver"), "{reason}");
        assert!(plain_reason("with error: libcublas.so.13: missing").contains("--fetch cuda"));
        assert_eq!(plain_reason("out of memory"), "out of memory");
    }

    #[test]
    fn every_built_in_provider_is_registered_in_order() {
        let order: Vec<_> = ProviderName::ALL.into_iter().rev().collect();
        let built_in = order.iter().filter(|name| is_built_in(**name)).count();
        let dispatches = providers(&order).dispatches("denoiser");
        assert_eq!(dispatches.len(), built_in);
        assert_eq!(dispatches.last().map(|last| last.name()), Some("CPUExecutionProvider"));
    }
}
