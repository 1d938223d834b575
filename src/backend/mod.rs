//! ONNX Runtime: finding its library, choosing execution providers, running the networks. The only
//! place that knows it.
mod execution_provider;
mod fetch;
mod library;
mod networks;
mod ort;
mod ranker;

pub use execution_provider::{Providers, ProvidersError};
pub use fetch::{FetchError, Package, fetch, packages};
pub use library::{Library, LibraryError, LibrarySearch, find};
pub use networks::{OrtDenoiser, OrtTextEncoder};
pub use ort::{BackendError, Runtime};
pub use ranker::OrtRanker;
