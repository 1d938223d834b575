//! The noise schedule: how much of the drawing is left at every timestep.
use thiserror::Error;

/// ᾱ_t for t in `0..num_train_timesteps`, float64: x_t = √ᾱ_t x₀ + √(1−ᾱ_t) ε
/// (Ho et al. 2020, "Denoising Diffusion Probabilistic Models", equation 4).
#[derive(Debug, Clone, PartialEq)]
pub struct NoiseSchedule {
    alphas_cumprod: Vec<f64>,
}

/// Parameters that make no noise schedule.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a noise schedule needs at least 2 timesteps and a signal scale above 0, at most 1")]
pub struct NoiseScheduleError;

impl NoiseSchedule {
    /// The cosine schedule (Nichol & Dhariwal 2021, equation 17, without its offset) with the signal
    /// scaled by `signal_scale`, which is a shift to more noise (Hoogeboom et al. 2023, "simple
    /// diffusion", equation 6; Chen 2023): with u = (t + ½)/T,
    /// ᾱ_t = s² cos²(πu/2) / (s² cos²(πu/2) + sin²(πu/2)).
    ///
    /// # Errors
    /// [`NoiseScheduleError`] for fewer than two timesteps or a scale outside (0, 1].
    pub fn shifted_cosine(
        num_train_timesteps: usize,
        signal_scale: f64,
    ) -> Result<Self, NoiseScheduleError> {
        if num_train_timesteps < 2 || !(signal_scale > 0.0 && signal_scale <= 1.0) {
            return Err(NoiseScheduleError);
        }
        let alphas_cumprod = (0..num_train_timesteps).map(|t| {
            let angle = std::f64::consts::FRAC_PI_2 * (t as f64 + 0.5) / num_train_timesteps as f64;
            let signal = (signal_scale * angle.cos()).powi(2);
            signal / (signal + angle.sin().powi(2))
        });
        Ok(Self { alphas_cumprod: alphas_cumprod.collect() })
    }

    /// T, the number of timesteps of training.
    pub fn num_train_timesteps(&self) -> usize {
        self.alphas_cumprod.len()
    }

    /// ᾱ of a timestep; `None` stands for the finished drawing, ᾱ = 1.
    pub fn alpha_cumprod(&self, timestep: Option<usize>) -> f64 {
        timestep.map_or(1.0, |t| self.alphas_cumprod[t])
    }

    /// β_t = 1 − ᾱ_t/ᾱ_{t−1}, the share of variance that step t of the forward Markov chain adds:
    /// q(x_t | x_{t−1}) = N(√(1−β_t) x_{t−1}, β_t I) (Ho et al. 2020, equation 2).
    pub fn beta(&self, timestep: usize) -> f64 {
        1.0 - self.alpha_cumprod(Some(timestep)) / self.alpha_cumprod(timestep.checked_sub(1))
    }

    /// `num_inference_steps` timesteps from T−1 downwards, evenly spaced and "trailing" (Lin et al.
    /// 2024, "Common Diffusion Noise Schedules and Sample Steps are Flawed", table 2): sampling
    /// begins where the signal is least. Never more than T.
    pub fn timesteps(&self, num_inference_steps: usize) -> Vec<usize> {
        let total = self.num_train_timesteps();
        let steps = num_inference_steps.clamp(1, total);
        let spacing = total as f64 / steps as f64;
        (0..steps).map(|i| (total as f64 - i as f64 * spacing).round() as usize - 1).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_grows_and_betas_are_probabilities() {
        let schedule = NoiseSchedule::shifted_cosine(1000, 0.5).expect("sound");
        for t in 1..1000 {
            assert!(schedule.alpha_cumprod(Some(t)) < schedule.alpha_cumprod(Some(t - 1)));
            assert!((0.0..1.0).contains(&schedule.beta(t)));
        }
        assert!(schedule.alpha_cumprod(Some(0)) > 0.99999);
        assert!(schedule.alpha_cumprod(Some(999)) < 1e-6);
        let product: f64 = (0..=500).map(|t| 1.0 - schedule.beta(t)).product();
        assert!((product - schedule.alpha_cumprod(Some(500))).abs() < 1e-12);
    }

    #[test]
    fn timesteps_trail() {
        let schedule = NoiseSchedule::shifted_cosine(1000, 0.5).expect("sound");
        assert_eq!(schedule.timesteps(4), [999, 749, 499, 249]);
        assert_eq!(schedule.timesteps(1), [999]);
        let all = schedule.timesteps(1000);
        assert_eq!((all[0], all[999], all.len()), (999, 0, 1000));
        assert_eq!(schedule.timesteps(5000), all);
    }

    #[test]
    fn unsound_parameters_are_refused() {
        for (steps, scale) in [(1, 0.5), (1000, 0.0), (1000, 1.1), (1000, f64::NAN)] {
            assert_eq!(NoiseSchedule::shifted_cosine(steps, scale), Err(NoiseScheduleError));
        }
    }
}
