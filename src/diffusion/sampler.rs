//! The sampling loop: from noise to ink maps, step by step.
use super::guidance::{Conditions, predict};
use super::scheduler::{Step, pred_original_sample, step};
use super::{Denoiser, NetworkError, NoiseSchedule};
use crate::domain::{SamplerName, Seed};
use ndarray::{Array2, ArrayView2, Axis, Zip, stack};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use std::ops::ControlFlow;

/// How to sample; shared by a batch.
#[derive(Debug, Clone)]
pub struct SamplingPlan<'a> {
    /// The noise schedule of training.
    pub noise_schedule: &'a NoiseSchedule,
    /// The stepping algorithm.
    pub sampler: SamplerName,
    /// Steps, at most the timesteps of training.
    pub num_inference_steps: usize,
    /// Side of an ink map in dots.
    pub side: usize,
}

/// What is known after a step.
#[derive(Debug)]
pub struct Progress<'a> {
    /// Steps done, from 1.
    pub steps_done: usize,
    /// Steps in all.
    pub num_inference_steps: usize,
    /// The model's own estimates of the finished ink maps, −1…1, one `[side, side]` a drawing.
    pub pred_original_samples: &'a [Array2<f32>],
}

/// Samples one ink map a seed, `[side, side]` in −1…1. Every drawing has its own generator, so its
/// neighbours in the batch do not change it. `on_step` may stop the loop: then `None`.
///
/// # Errors
/// [`NetworkError`] when the network fails.
pub fn sample(
    denoiser: &mut dyn Denoiser,
    plan: &SamplingPlan<'_>,
    conditions: &Conditions,
    seeds: &[Seed],
    on_step: &mut dyn FnMut(&Progress<'_>) -> ControlFlow<()>,
) -> Result<Option<Vec<Array2<f32>>>, NetworkError> {
    let mut generators = generators(seeds);
    let samples = generators.iter_mut().map(|rng| noise(rng, plan.side)).collect();
    let timesteps = plan.noise_schedule.timesteps(plan.num_inference_steps);
    denoise(denoiser, plan, conditions, Start { samples, generators, timesteps }, on_step)
}

/// Redraws ink maps from part of the way: `x_starts` are noised up to `strength` (0 leaves them as
/// they are, 1 is all noise) of the schedule and denoised again, in as many steps as that part of the
/// plan has (SDEdit, Meng et al. 2022). `on_step` may stop the loop: then `None`.
///
/// # Errors
/// [`NetworkError`] when the network fails.
pub fn resample(
    denoiser: &mut dyn Denoiser,
    plan: &SamplingPlan<'_>,
    conditions: &Conditions,
    (x_starts, strength): (&[Array2<f32>], f32),
    seeds: &[Seed],
    on_step: &mut dyn FnMut(&Progress<'_>) -> ControlFlow<()>,
) -> Result<Option<Vec<Array2<f32>>>, NetworkError> {
    let all = plan.noise_schedule.timesteps(plan.num_inference_steps);
    let kept = (all.len() as f32 * strength.clamp(0.0, 1.0)).round() as usize;
    let timesteps = all[all.len() - kept..].to_vec();
    let Some(&first) = timesteps.first() else { return Ok(Some(x_starts.to_vec())) };
    let mut generators = generators(seeds);
    let alpha = plan.noise_schedule.alpha_cumprod(Some(first));
    let noised = x_starts.iter().zip(&mut generators);
    let samples = noised.map(|(x, rng)| mix(x.view(), &noise(rng, plan.side), alpha)).collect();
    denoise(denoiser, plan, conditions, Start { samples, generators, timesteps }, on_step)
}

/// Where a loop begins.
struct Start {
    samples: Vec<Array2<f32>>,
    generators: Vec<ChaCha8Rng>,
    /// Falling; the samples are at the first.
    timesteps: Vec<usize>,
}

fn denoise(
    denoiser: &mut dyn Denoiser,
    plan: &SamplingPlan<'_>,
    conditions: &Conditions,
    start: Start,
    on_step: &mut dyn FnMut(&Progress<'_>) -> ControlFlow<()>,
) -> Result<Option<Vec<Array2<f32>>>, NetworkError> {
    let Start { mut samples, mut generators, timesteps } = start;
    if samples.is_empty() {
        return Ok(Some(samples));
    }
    let mut originals: Vec<Array2<f32>> = Vec::new();
    for (index, &timestep) in timesteps.iter().enumerate() {
        let views: Vec<_> =
            samples.iter().map(|sample| sample.view().insert_axis(Axis(0))).collect();
        let batch = stack(Axis(0), &views).map_err(|error| NetworkError(error.to_string()))?;
        let predicted = predict(denoiser, batch.view(), timestep, conditions)?;
        let last = std::mem::take(&mut originals);
        for (item, sample) in samples.iter_mut().enumerate() {
            let v = predicted.index_axis(Axis(0), item).index_axis_move(Axis(0), 0);
            let original = pred_original_sample(plan.noise_schedule, timestep, sample.view(), v);
            let fresh = (plan.sampler == SamplerName::Ddpm && index + 1 < timesteps.len())
                .then(|| noise(&mut generators[item], plan.side));
            *sample = step(
                plan.sampler,
                plan.noise_schedule,
                &Step {
                    timestep,
                    prev_timestep: timesteps.get(index + 1).copied(),
                    last_timestep: index.checked_sub(1).map(|before| timesteps[before]),
                    sample: sample.view(),
                    pred_original_sample: original.view(),
                    last_original_sample: last.get(item).map(|map| map.view()),
                    noise: fresh.as_ref().map(|map| map.view()),
                },
            );
            originals.push(original);
        }
        let progress = Progress {
            steps_done: index + 1,
            num_inference_steps: timesteps.len(),
            pred_original_samples: &originals,
        };
        if on_step(&progress).is_break() {
            return Ok(None);
        }
    }
    Ok(Some(samples))
}

/// The forward process in one leap: x_t = √ᾱ_t x₀ + √(1−ᾱ_t) ε with the seed's noise (Ho et al.
/// 2020, equation 4).
pub fn q_sample(
    noise_schedule: &NoiseSchedule,
    x_start: ArrayView2<'_, f32>,
    timestep: usize,
    seed: Seed,
) -> Array2<f32> {
    let mut generator = ChaCha8Rng::seed_from_u64(u64::from(seed.get()));
    let noise =
        Array2::from_shape_simple_fn(x_start.dim(), || StandardNormal.sample(&mut generator));
    mix(x_start, &noise, noise_schedule.alpha_cumprod(Some(timestep)))
}

/// √ᾱ x₀ + √(1−ᾱ) ε.
fn mix(x_start: ArrayView2<'_, f32>, noise: &Array2<f32>, alpha_cumprod: f64) -> Array2<f32> {
    let (signal, sigma) = (alpha_cumprod.sqrt() as f32, (1.0 - alpha_cumprod).sqrt() as f32);
    Zip::from(x_start).and(noise).map_collect(|x, noise| signal * x + sigma * noise)
}

fn generators(seeds: &[Seed]) -> Vec<ChaCha8Rng> {
    seeds.iter().map(|seed| ChaCha8Rng::seed_from_u64(u64::from(seed.get()))).collect()
}

/// Standard normal noise, `[side, side]`.
fn noise(generator: &mut ChaCha8Rng, side: usize) -> Array2<f32> {
    Array2::from_shape_simple_fn((side, side), || StandardNormal.sample(generator))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diffusion::DenoiserInput;
    use ndarray::Array4;

    /// The perfect denoiser for drawings that are one even grey: the text vector's first value.
    struct Oracle {
        schedule: NoiseSchedule,
        calls: usize,
    }

    impl Denoiser for Oracle {
        fn predict(&mut self, input: DenoiserInput<'_>) -> Result<Array4<f32>, NetworkError> {
            self.calls += 1;
            let mut v = input.sample.to_owned();
            for (item, mut plane) in v.outer_iter_mut().enumerate() {
                let alpha =
                    self.schedule.alpha_cumprod(Some(input.timesteps[item] as usize)) as f32;
                let x0 = input.text_embeds[(item, 0)];
                // v = (√ᾱ x_t − x₀) / √(1−ᾱ), from x_t = √ᾱ x₀ + √(1−ᾱ) ε.
                plane.mapv_inplace(|x| (alpha.sqrt() * x - x0) / (1.0 - alpha).sqrt());
            }
            Ok(v)
        }
    }

    fn draw(sampler: SamplerName, greys: &[f32], seeds: &[u32]) -> Vec<Array2<f32>> {
        let schedule = NoiseSchedule::shifted_cosine(1000, 0.5).expect("sound");
        let mut oracle = Oracle { schedule: schedule.clone(), calls: 0 };
        let plan =
            SamplingPlan { noise_schedule: &schedule, sampler, num_inference_steps: 8, side: 6 };
        let conditions = Conditions {
            text_embeds: Array2::from_shape_fn((greys.len(), 1), |(item, _)| greys[item]),
            kinds: vec![0; greys.len()],
            guidance_scales: vec![1.0; greys.len()],
            low_res: None,
        };
        let seeds: Vec<_> = seeds.iter().map(|&seed| Seed::new(seed)).collect();
        let mut steps = Vec::new();
        let maps = sample(&mut oracle, &plan, &conditions, &seeds, &mut |progress| {
            steps.push(progress.steps_done);
            ControlFlow::Continue(())
        });
        assert_eq!(steps, [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(oracle.calls, 8);
        maps.expect("the oracle never fails").expect("not stopped")
    }

    #[test]
    fn every_sampler_reaches_what_the_network_knows() {
        for sampler in SamplerName::ALL {
            let maps = draw(sampler, &[0.5, -0.25], &[1, 2]);
            assert!(maps[0].iter().all(|v| (v - 0.5).abs() < 1e-3), "{sampler}");
            assert!(maps[1].iter().all(|v| (v + 0.25).abs() < 1e-3), "{sampler}");
        }
    }

    #[test]
    fn neighbours_do_not_change_a_drawing() {
        for sampler in SamplerName::ALL {
            let alone = draw(sampler, &[0.5], &[7]);
            let among = draw(sampler, &[-0.9, 0.5, 0.1], &[3, 7, 9]);
            assert_eq!(alone[0], among[1]);
        }
    }

    #[test]
    fn redrawing_starts_part_of_the_way() {
        let schedule = NoiseSchedule::shifted_cosine(1000, 0.5).expect("sound");
        let mut oracle = Oracle { schedule: schedule.clone(), calls: 0 };
        let plan = SamplingPlan {
            noise_schedule: &schedule,
            sampler: SamplerName::DpmSolver,
            num_inference_steps: 8,
            side: 6,
        };
        let conditions = Conditions {
            text_embeds: Array2::from_elem((1, 1), 0.5),
            kinds: vec![0],
            guidance_scales: vec![1.0],
            low_res: None,
        };
        let x_starts = [Array2::from_elem((6, 6), -0.5)];
        for (strength, calls) in [(0.0, 0), (0.5, 4), (1.0, 8)] {
            oracle.calls = 0;
            let start = (&x_starts[..], strength);
            let go_on = &mut |_: &Progress<'_>| ControlFlow::Continue(());
            let maps = resample(&mut oracle, &plan, &conditions, start, &[Seed::new(1)], go_on);
            let maps = maps.expect("the oracle never fails").expect("not stopped");
            assert_eq!(oracle.calls, calls);
            let wanted = if calls == 0 { -0.5 } else { 0.5 };
            assert!(maps[0].iter().all(|v| (v - wanted).abs() < 1e-3), "at {strength}");
        }
    }

    #[test]
    fn the_forward_process_has_the_schedules_mean_and_variance() {
        let schedule = NoiseSchedule::shifted_cosine(1000, 0.5).expect("sound");
        let x_start = Array2::from_elem((60, 60), 0.8_f32);
        for timestep in [0, 300, 999] {
            let noisy = q_sample(&schedule, x_start.view(), timestep, Seed::new(3));
            let alpha = schedule.alpha_cumprod(Some(timestep)) as f32;
            let mean = noisy.mean().expect("not empty");
            let variance = noisy.mapv(|x| (x - mean).powi(2)).mean().expect("not empty");
            assert!((mean - alpha.sqrt() * 0.8).abs() < 0.06, "mean at {timestep}");
            assert!((variance - (1.0 - alpha)).abs() < 0.08, "variance at {timestep}");
        }
    }

    #[test]
    fn stopping_stops() {
        let schedule = NoiseSchedule::shifted_cosine(1000, 0.5).expect("sound");
        let mut oracle = Oracle { schedule: schedule.clone(), calls: 0 };
        let plan = SamplingPlan {
            noise_schedule: &schedule,
            sampler: SamplerName::Ddim,
            num_inference_steps: 8,
            side: 6,
        };
        let conditions = Conditions {
            text_embeds: Array2::zeros((1, 1)),
            kinds: vec![0],
            guidance_scales: vec![2.0],
            low_res: None,
        };
        let stopped = sample(&mut oracle, &plan, &conditions, &[Seed::new(1)], &mut |progress| {
            if progress.steps_done == 3 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        assert!(stopped.expect("no failure").is_none());
        assert_eq!(oracle.calls, 3);
    }
}
