//! The mathematics of denoising diffusion, without any network: noise schedule, schedulers,
//! guidance, the sampling loop, and the traits that a network hides behind.
mod denoiser;
mod guidance;
mod noise_schedule;
mod ranker;
mod sampler;
pub mod scheduler;

pub use denoiser::{Denoiser, DenoiserInput, NetworkError, TextEncoder};
pub use guidance::{Conditions, predict};
pub use noise_schedule::{NoiseSchedule, NoiseScheduleError};
pub use ranker::{RANKED_SIZE, Ranker};
pub use sampler::{Progress, SamplingPlan, q_sample, resample, sample};
