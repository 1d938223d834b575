//! ONNX Runtime: the loaded library, its sessions, and the tensors that a network must have.
use super::execution_provider::{Providers, ProvidersError, plain_reason, preload_gpu_libraries};
use super::library::{Library, LibraryError, LibrarySearch};
use crate::diffusion::NetworkError;
use crate::domain::ProviderName;
use ndarray::Dimension;
use ort::environment::Environment;
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use ort::value::{TensorElementType, TensorRef, ValueType};
use std::path::Path;
use std::sync::Mutex;
use thiserror::Error;

/// Why no network runs.
#[derive(Debug, Error)]
pub enum BackendError {
    /// No library.
    #[error(transparent)]
    Library(#[from] LibraryError),
    /// The library does not load.
    #[error(
        "the ONNX Runtime library {path} does not load ({reason}): it must be version 1.24 to 1.32 for this machine"
    )]
    Load {
        /// The file.
        path: String,
        /// What the loader said.
        reason: String,
    },
    /// An execution provider cannot be had.
    #[error(transparent)]
    Providers(#[from] ProvidersError),
    /// A network does not load.
    #[error("the network {file} does not load: {reason}")]
    Network {
        /// The ONNX file.
        file: String,
        /// What ONNX Runtime said, or which tensor is wrong.
        reason: String,
    },
}

/// The loaded library. A process holds one.
static LOADED: Mutex<Option<Environment>> = Mutex::new(None);

/// ONNX Runtime, loaded, with the choice of execution providers.
#[derive(Debug)]
pub struct Runtime {
    environment: Environment,
    providers: Providers,
    threads: usize,
    library: Library,
    fell_back: Option<ProvidersError>,
}

impl Runtime {
    /// Loads the library (fetched once where it is nowhere) and settles the providers. `threads` is
    /// for one network call; 0 takes all cores. `notify` is told before anything is fetched.
    ///
    /// # Errors
    /// [`BackendError`] with what to do.
    pub fn load(
        search: &LibrarySearch,
        providers: Providers,
        threads: usize,
        notify: &mut dyn FnMut(&str),
    ) -> Result<Self, BackendError> {
        let (providers, fell_back) = match providers.check() {
            Err(error) if providers.allow_cpu_fallback && error != ProvidersError::Empty => {
                (Providers::cpu(providers.cache), Some(error))
            }
            result => result.map(|()| (providers, None))?,
        };
        let mut search = search.clone();
        search.gpu = providers.want_gpu();
        let library = match search.find_or_fetch(notify) {
            Err(LibraryError::NoGpuLibrary) if providers.allow_cpu_fallback => {
                search.gpu = false;
                search.find_or_fetch(notify)?
            }
            result => result?,
        };
        if search.gpu {
            preload_gpu_libraries(&search.cache);
        }
        let environment = environment(&library.path)?;
        let threads = match threads {
            0 => std::thread::available_parallelism().map_or(1, |cores| cores.get()),
            some => some,
        };
        Ok(Self { environment, providers, threads, library, fell_back })
    }

    /// The library in use.
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// The providers in use, the preferred first.
    pub fn providers(&self) -> &[ProviderName] {
        &self.providers.order
    }

    /// Why the CPU stepped in, where it did.
    pub fn fell_back(&self) -> Option<&ProvidersError> {
        self.fell_back.as_ref()
    }

    /// What ONNX Runtime says of itself.
    pub fn build_info(&self) -> &'static str {
        ort::info()
    }

    /// Loads a network with the chosen providers; with the CPU alone where that is allowed and they
    /// fail.
    pub(super) fn session(&mut self, file: &Path) -> Result<Session, BackendError> {
        let network = file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let network = network.unwrap_or_default();
        let result = self.open(file, &self.providers.dispatches(&network));
        let Err(reason) = result else {
            return result.map_err(|reason| network_error(file, reason));
        };
        let gpu = self.providers.order.iter().find(|name| **name != ProviderName::Cpu);
        let Some(&name) = gpu else { return Err(network_error(file, reason)) };
        let error = ProvidersError::Unavailable { name, reason: plain_reason(&reason) };
        if !self.providers.allow_cpu_fallback {
            return Err(error.into());
        }
        self.providers =
            Providers { allow_cpu_fallback: true, ..Providers::cpu(self.providers.cache.clone()) };
        self.fell_back = Some(error);
        self.open(file, &self.providers.dispatches(&network))
            .map_err(|reason| network_error(file, reason))
    }

    fn open(
        &self,
        file: &Path,
        dispatches: &[ort::ep::ExecutionProviderDispatch],
    ) -> Result<Session, String> {
        let build = || -> ort::Result<Session> {
            Session::builder(&self.environment)?
                .with_optimization_level(GraphOptimizationLevel::All)?
                .with_intra_threads(self.threads)?
                // Spinning threads take the cores from whatever else the machine does.
                .with_intra_op_spinning(false)?
                .with_execution_providers(dispatches)?
                .commit_from_file(file)
        };
        build().map_err(|error| one_line(&error))
    }
}

/// The environment of the one library that a process loads.
fn environment(path: &Path) -> Result<Environment, BackendError> {
    let load = |reason: String| BackendError::Load { path: path.display().to_string(), reason };
    let mut loaded = LOADED.lock().map_err(|_| load("an earlier attempt failed".to_owned()))?;
    if let Some(environment) = &*loaded {
        return Ok(environment.clone());
    }
    let builder = ort::init_from(path).map_err(|error| load(error.to_string()))?;
    let environment = builder.with_name("glyffuse").with_telemetry(false).build();
    let environment = environment.map_err(|error| load(one_line(&error)))?;
    *loaded = Some(environment.clone());
    Ok(environment)
}

fn one_line(error: &dyn std::fmt::Display) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn network_error(file: &Path, reason: String) -> BackendError {
    BackendError::Network { file: file.display().to_string(), reason }
}

/// A tensor that a network must have: name, element type and shape, −1 for any length.
pub(super) type Tensor = (&'static str, TensorElementType, Vec<i64>);

/// Checks a network's inputs and outputs.
pub(super) fn check(
    file: &Path,
    session: &Session,
    inputs: &[Tensor],
    outputs: &[Tensor],
) -> Result<(), BackendError> {
    for (wanted, found) in [(inputs, session.inputs()), (outputs, session.outputs())] {
        for (name, element, shape) in wanted {
            let fits = found.iter().any(|outlet| {
                outlet.name() == *name
                    && matches!(outlet.dtype(), ValueType::Tensor { ty, shape: given, .. }
                        if ty == element && given.len() == shape.len()
                        && given.iter().zip(shape).all(|(a, b)| a == b || *a == -1 || *b == -1))
            });
            if !fits {
                let reason =
                    format!("it has no tensor {name} of type {element} and shape {shape:?}");
                return Err(network_error(file, reason));
            }
        }
    }
    Ok(())
}

/// A tensor on borrowed data.
pub(super) fn tensor<'a, T, D>(
    array: &'a ndarray::CowArray<'_, T, D>,
) -> ort::Result<TensorRef<'a, T>>
where
    T: ort::value::PrimitiveTensorElementType + Clone + std::fmt::Debug + 'static,
    D: Dimension + 'static,
{
    let shape: Vec<i64> = array.shape().iter().map(|&length| length as i64).collect();
    let data = array.as_slice().ok_or_else(|| ort::Error::new("the tensor is not contiguous"))?;
    TensorRef::from_array_view((shape, data))
}

pub(super) fn network_failure(error: &dyn std::fmt::Display) -> NetworkError {
    NetworkError(one_line(error))
}
