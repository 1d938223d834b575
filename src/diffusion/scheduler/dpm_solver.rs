//! DPM-Solver++(2M): Lu et al. 2022, "DPM-Solver++", algorithm 2, for data prediction.
use super::{NoiseSchedule, Weights};

/// With α = √ᾱ, σ = √(1−ᾱ), λ = ln(α/σ), h the growth of λ in this step and r the growth in the
/// step before over h: x_prev = (σ_prev/σ_t) x_t + α_prev (1 − e^(−h)) D, where
/// D = (1 + 1/2r) x̂₀ − (1/2r) x̂₀(last). First order without a last step, and for the step to the
/// finished drawing, where λ has no end: there x_prev = x̂₀.
pub fn weights(
    schedule: &NoiseSchedule,
    t: usize,
    prev: Option<usize>,
    last: Option<usize>,
) -> Weights {
    if prev.is_none() {
        return Weights { original: 1.0, ..Weights::default() };
    }
    let (alpha, alpha_prev) = (schedule.alpha_cumprod(Some(t)), schedule.alpha_cumprod(prev));
    let sample = ((1.0 - alpha_prev) / (1.0 - alpha)).sqrt();
    // σ_prev/σ_t · α_t equals α_prev e^(−h).
    let gain = alpha_prev.sqrt() - sample * alpha.sqrt();
    let half_ratio = last.map_or(0.0, |last| {
        let h = lambda(alpha_prev) - lambda(alpha);
        h / (2.0 * (lambda(alpha) - lambda(schedule.alpha_cumprod(Some(last)))))
    });
    Weights { sample, original: gain * (1.0 + half_ratio), last: -gain * half_ratio, noise: 0.0 }
}

/// λ, half the logarithm of the signal-to-noise ratio.
fn lambda(alpha_cumprod: f64) -> f64 {
    0.5 * (alpha_cumprod / (1.0 - alpha_cumprod)).ln()
}
