//! The mathematics of denoising diffusion, without any network: noise schedule, schedulers,
//! guidance, the sampling loop, and the traits that a network hides behind.
mod denoiser;

pub use denoiser::{Denoiser, DenoiserInput, NetworkError, TextEncoder};
