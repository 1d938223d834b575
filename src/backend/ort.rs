//! The networks in ONNX Runtime.
use super::execution_provider::{Providers, ProvidersError, plain_reason, preload_gpu_libraries};
use super::library::{Library, LibraryError, LibrarySearch};
use crate::diffusion::{Denoiser, DenoiserInput, NetworkError, TextEncoder};
use crate::domain::ProviderName;
use crate::model::{LettersSpec, LowResSpec, Manifest, TextEncoderSpec, Tokenizer};
use ndarray::{Array2, Array4, ArrayView, Dimension, Ix2, Ix4};
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
