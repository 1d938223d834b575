//! Deterministic sampling with eta = 0: Song et al. 2021, "Denoising Diffusion Implicit Models",
//! equation 12.
use super::{NoiseSchedule, Weights};

/// x_prev = √ᾱ_prev x̂₀ + √(1−ᾱ_prev) ε̂, with ε̂ = (x_t − √ᾱ_t x̂₀) / √(1−ᾱ_t).
pub fn weights(schedule: &NoiseSchedule, t: usize, prev: Option<usize>) -> Weights {
    let (alpha, alpha_prev) = (schedule.alpha_cumprod(Some(t)), schedule.alpha_cumprod(prev));
    let sample = ((1.0 - alpha_prev) / (1.0 - alpha)).sqrt();
    Weights { sample, original: alpha_prev.sqrt() - sample * alpha.sqrt(), last: 0.0, noise: 0.0 }
}
