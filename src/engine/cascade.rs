//! The first stage of a cascade (Ho et al. 2022, "Cascaded Diffusion Models"): a small network draws
//! where the ink is, at low resolution; the denoiser is told that map and draws the ink itself.
use super::EngineError;
use super::artist::noise_schedule;
use crate::diffusion::{
    Conditions, Denoiser, NetworkError, NoiseSchedule, Progress, SamplingPlan, resample, sample,
};
use crate::domain::Seed;
use crate::model::LowResSpec;
use ndarray::{Array2, Array4, ArrayView2, Axis, Slice, stack};
use std::ops::ControlFlow;

/// The first stage at work.
pub struct LowResStage {
    spec: LowResSpec,
    noise_schedule: NoiseSchedule,
    denoiser: Box<dyn Denoiser + Send>,
}

impl LowResStage {
    /// Puts the network to work.
    ///
    /// # Errors
    /// [`EngineError::NoiseSchedule`].
    pub fn new(spec: LowResSpec, denoiser: Box<dyn Denoiser + Send>) -> Result<Self, EngineError> {
        let noise_schedule = noise_schedule(&spec.noise_schedule)?;
        Ok(Self { spec, noise_schedule, denoiser })
    }

    /// How strongly the text guides the second stage, which is told the map already.
    pub fn second_guidance_scale(&self) -> f32 {
        self.spec.second_guidance_scale.get()
    }

    /// Draws low-resolution maps `[batch, 1, side, side]` in −1…1 under these conditions, one a seed:
    /// from noise, or from the ink maps that are noised up to a strength.
    ///
    /// # Errors
    /// [`NetworkError`] when the network fails.
    pub fn draw(
        &mut self,
        conditions: &Conditions,
        seeds: &[Seed],
        x_starts: Option<(&[Array2<f32>], f32)>,
    ) -> Result<Array4<f32>, NetworkError> {
        let seeds: Vec<_> = seeds.iter().map(|seed| seed.of_low_res()).collect();
        let plan = SamplingPlan {
            noise_schedule: &self.noise_schedule,
            sampler: self.spec.sampler,
            num_inference_steps: self.spec.steps.get(),
            side: self.spec.map_size,
        };
        let denoiser = self.denoiser.as_mut();
        let on_step = &mut |_: &Progress<'_>| ControlFlow::Continue(());
        let maps = match x_starts {
            None => sample(denoiser, &plan, conditions, &seeds, on_step)?,
            Some((maps, strength)) => {
                let low = |map: &Array2<f32>| lowered(map.view(), self.spec.map_size);
                let starts: Vec<_> = maps.iter().map(low).collect();
                resample(denoiser, &plan, conditions, (&starts, strength), &seeds, on_step)?
            }
        };
        let maps = maps.unwrap_or_default();
        let views: Vec<_> = maps.iter().map(|map| map.view().insert_axis(Axis(0))).collect();
        stack(Axis(0), &views).map_err(|error| NetworkError(error.to_string()))
    }
}

/// A map averaged to `side` dots along a side.
fn lowered(map: ArrayView2<'_, f32>, side: usize) -> Array2<f32> {
    let edge = |index: usize| index * map.nrows() / side;
    let span = |index: usize| Slice::from(edge(index)..edge(index + 1).max(edge(index) + 1));
    Array2::from_shape_fn((side, side), |(y, x)| {
        let rows = map.slice_axis(Axis(0), span(y));
        rows.slice_axis(Axis(1), span(x)).mean().unwrap_or(-1.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_is_averaged() {
        let map = Array2::from_shape_fn((72, 72), |(_, x)| if x < 36 { 1.0 } else { -1.0 });
        let low = lowered(map.view(), 9);
        assert_eq!((low[(0, 0)], low[(8, 4)], low[(4, 8)]), (1.0, 0.0, -1.0));
        let tiny = lowered(map.view(), 72);
        assert_eq!(tiny, map);
    }
}
