//! Schedulers: from x_t and an estimate of x₀ to the sample at the next timestep. They know no
//! network and hold no state, so that every drawing of a batch steps alone.
mod ddim;
mod ddpm;
mod dpm_solver;

use super::noise_schedule::NoiseSchedule;
use crate::domain::SamplerName;
use ndarray::{Array2, ArrayView2};

/// One step of one drawing.
#[derive(Debug)]
pub struct Step<'a> {
    /// t, the timestep of `sample`.
    pub timestep: usize,
    /// The timestep to go to; `None` is the finished drawing.
    pub prev_timestep: Option<usize>,
    /// The timestep before this one (noisier), if there was one.
    pub last_timestep: Option<usize>,
    /// x_t, `[side, side]`.
    pub sample: ArrayView2<'a, f32>,
    /// The estimate of x₀, clamped to −1…1.
    pub pred_original_sample: ArrayView2<'a, f32>,
    /// The estimate of x₀ at `last_timestep`, for multistep methods.
    pub last_original_sample: Option<ArrayView2<'a, f32>>,
    /// Standard normal noise; used by ancestral sampling only.
    pub noise: Option<ArrayView2<'a, f32>>,
}

/// The weights of one step: prev_sample = sample·x_t + original·x̂₀ + last·x̂₀(last) + noise·z.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Weights {
    /// Of x_t.
    pub sample: f64,
    /// Of x̂₀.
    pub original: f64,
    /// Of x̂₀ at the last timestep.
    pub last: f64,
    /// Of the fresh noise.
    pub noise: f64,
}

/// Takes one step: the sample at `prev_timestep`.
pub fn step(sampler: SamplerName, schedule: &NoiseSchedule, step: &Step<'_>) -> Array2<f32> {
    let weights = weights(
        sampler,
        schedule,
        (step.timestep, step.prev_timestep),
        step.last_original_sample.and(step.last_timestep),
    );
    let mut prev_sample = step.sample.mapv(|value| weights.sample as f32 * value);
    prev_sample.scaled_add(weights.original as f32, &step.pred_original_sample);
    if let Some(last) = step.last_original_sample {
        prev_sample.scaled_add(weights.last as f32, &last);
    }
    if let Some(noise) = step.noise {
        prev_sample.scaled_add(weights.noise as f32, &noise);
    }
    prev_sample
}

/// The weights of a step from `t` to `prev` (`None`: to the finished drawing); `last` is the
/// timestep before, where a multistep method may look back.
pub fn weights(
    sampler: SamplerName,
    schedule: &NoiseSchedule,
    (t, prev): (usize, Option<usize>),
    last: Option<usize>,
) -> Weights {
    match sampler {
        SamplerName::Ddpm => ddpm::weights(schedule, t, prev),
        SamplerName::Ddim => ddim::weights(schedule, t, prev),
        SamplerName::DpmSolver => dpm_solver::weights(schedule, t, prev, last),
    }
}

/// x̂₀ from a v-prediction, clamped to −1…1: x₀ = √ᾱ_t x_t − √(1−ᾱ_t) v (Salimans & Ho 2022,
/// appendix D).
pub fn pred_original_sample(
    schedule: &NoiseSchedule,
    timestep: usize,
    sample: ArrayView2<'_, f32>,
    v: ArrayView2<'_, f32>,
) -> Array2<f32> {
    let alpha = schedule.alpha_cumprod(Some(timestep));
    let (signal, noise) = (alpha.sqrt() as f32, (1.0 - alpha).sqrt() as f32);
    ndarray::Zip::from(sample).and(v).map_collect(|x, v| (signal * x - noise * v).clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule() -> NoiseSchedule {
        NoiseSchedule::shifted_cosine(1000, 0.5).expect("sound")
    }

    #[test]
    fn deterministic_samplers_move_along_the_true_trajectory() {
        // Where x₀ and ε are known, one DDIM step lands on √ᾱ x₀ + √(1−ᾱ) ε at any timestep.
        let schedule = schedule();
        let (x0, noise) = (0.7, -1.3);
        let at = |t: Option<usize>| {
            let alpha = schedule.alpha_cumprod(t);
            alpha.sqrt() * x0 + (1.0 - alpha).sqrt() * noise
        };
        for sampler in [SamplerName::Ddim, SamplerName::DpmSolver] {
            for (t, prev) in [(999, Some(700)), (700, Some(100)), (100, Some(0)), (300, None)] {
                let weights = weights(sampler, &schedule, (t, prev), None);
                let reached = weights.sample * at(Some(t)) + weights.original * x0;
                assert!((reached - at(prev)).abs() < 1e-9, "{sampler:?} {t} → {prev:?}");
            }
        }
    }

    #[test]
    fn ancestral_steps_keep_the_marginal_variance() {
        // q(x_prev) must have mean √ᾱ x₀ and variance 1−ᾱ when x_t has them (Ho et al., eq. 7).
        let schedule = schedule();
        for (t, prev) in [(999, Some(998)), (999, Some(600)), (500, Some(499)), (20, None)] {
            let weights = weights(SamplerName::Ddpm, &schedule, (t, prev), None);
            let (now, then) = (schedule.alpha_cumprod(Some(t)), schedule.alpha_cumprod(prev));
            let mean = weights.sample * now.sqrt() + weights.original;
            let variance = weights.sample.powi(2) * (1.0 - now) + weights.noise.powi(2);
            assert!((mean - then.sqrt()).abs() < 1e-9);
            assert!((variance - (1.0 - then)).abs() < 1e-9);
        }
    }

    #[test]
    fn v_prediction_gives_back_the_drawing() {
        let schedule = schedule();
        let x0 = Array2::from_elem((2, 2), 0.25_f32);
        let noise = Array2::from_elem((2, 2), -0.6_f32);
        let alpha = schedule.alpha_cumprod(Some(400));
        let (signal, sigma) = (alpha.sqrt() as f32, (1.0 - alpha).sqrt() as f32);
        let sample = &x0 * signal + &noise * sigma;
        let v = &noise * signal - &x0 * sigma;
        let found = pred_original_sample(&schedule, 400, sample.view(), v.view());
        assert!((&found - &x0).iter().all(|difference| difference.abs() < 1e-6));
    }
}
