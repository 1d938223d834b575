//! Ancestral sampling, the reference: Ho et al. 2020, "Denoising Diffusion Probabilistic Models",
//! algorithm 2 with the posterior of equations 6 and 7.
use super::{NoiseSchedule, Weights};

/// x_prev ~ q(x_prev | x_t, x̂₀): mean and the smaller of the paper's two variances, β̃_t. Over
/// skipped timesteps β_t is 1 − ᾱ_t/ᾱ_prev.
pub fn weights(schedule: &NoiseSchedule, t: usize, prev: Option<usize>) -> Weights {
    let (alpha, alpha_prev) = (schedule.alpha_cumprod(Some(t)), schedule.alpha_cumprod(prev));
    let alpha_t = alpha / alpha_prev;
    let beta_t = 1.0 - alpha_t;
    Weights {
        original: alpha_prev.sqrt() * beta_t / (1.0 - alpha),
        sample: alpha_t.sqrt() * (1.0 - alpha_prev) / (1.0 - alpha),
        noise: ((1.0 - alpha_prev) / (1.0 - alpha) * beta_t).max(0.0).sqrt(),
        last: 0.0,
    }
}
