//! How a drawing is sampled: sampler, steps, guidance and seed.
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};

/// The stepping algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SamplerName {
    /// Ancestral sampling (Ho et al. 2020): the reference; wants hundreds of steps.
    #[serde(rename = "ddpm")]
    Ddpm,
    /// Deterministic, first order (Song et al. 2021).
    #[serde(rename = "ddim")]
    Ddim,
    /// DPM-Solver++(2M), deterministic, second order (Lu et al. 2022).
    #[serde(rename = "dpm++")]
    DpmSolver,
}

impl SamplerName {
    /// All samplers, the reference first.
    pub const ALL: [Self; 3] = [Self::Ddpm, Self::Ddim, Self::DpmSolver];

    /// The name used on the command line, in manifests and in recipes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ddpm => "ddpm",
            Self::Ddim => "ddim",
            Self::DpmSolver => "dpm++",
        }
    }
}

impl fmt::Display for SamplerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for SamplerName {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|sampler| sampler.name() == name)
            .ok_or_else(|| format!("unknown sampler \"{name}\": use ddpm, ddim or dpm++"))
    }
}

/// Denoising steps, 1…1000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "usize", into = "usize")]
pub struct Steps(usize);

impl Steps {
    /// Most steps.
    pub const MOST: usize = 1000;

    /// The number.
    pub const fn get(self) -> usize {
        self.0
    }
}

impl TryFrom<usize> for Steps {
    type Error = String;

    fn try_from(steps: usize) -> Result<Self, Self::Error> {
        match steps {
            1..=Self::MOST => Ok(Self(steps)),
            _ => Err(format!("{steps} steps cannot be taken: use 1 to {}", Self::MOST)),
        }
    }
}

impl From<Steps> for usize {
    fn from(steps: Steps) -> Self {
        steps.0
    }
}

impl FromStr for Steps {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.parse::<usize>();
        number.map_err(|_| format!("steps are a whole number, 1 to {}", Self::MOST))?.try_into()
    }
}

/// The scale of classifier-free guidance, 0…10: 0 ignores the text, 1 follows it as learned, more
/// exaggerates it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "f32", into = "f32")]
pub struct GuidanceScale(f32);

impl GuidanceScale {
    /// Largest scale.
    pub const LARGEST: f32 = 10.0;

    /// The number.
    pub const fn get(self) -> f32 {
        self.0
    }
}

impl TryFrom<f32> for GuidanceScale {
    type Error = String;

    fn try_from(scale: f32) -> Result<Self, Self::Error> {
        if (0.0..=Self::LARGEST).contains(&scale) {
            Ok(Self(scale))
        } else {
            Err(format!("a guidance scale of {scale} is out of range: use 0 to {}", Self::LARGEST))
        }
    }
}

impl From<GuidanceScale> for f32 {
    fn from(scale: GuidanceScale) -> Self {
        scale.0
    }
}

impl FromStr for GuidanceScale {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.parse::<f32>();
        number.map_err(|_| format!("guidance is a number, 0 to {}", Self::LARGEST))?.try_into()
    }
}

/// The number of a variation of one prompt, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Variation(u32);

impl Variation {
    /// The drawing that everybody sees first.
    pub const FIRST: Self = Self(1);

    /// The variation after this one.
    pub fn next(self) -> Self {
        Self(self.0.checked_add(1).unwrap_or(1))
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl FromStr for Variation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(number @ 1..) => Ok(Self(number)),
            _ => Err(format!("a variation is a whole number, 1 to {}", u32::MAX)),
        }
    }
}

/// Where the noise begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Seed(u32);

impl Seed {
    /// A seed that was given.
    pub const fn new(seed: u32) -> Self {
        Self(seed)
    }

    /// The seed of a prompt's variation, the same everywhere for the same model: the same words give
    /// the same drawing. Case and spacing do not matter.
    pub fn derive(model: &str, prompt: &super::Prompt, variation: Variation) -> Self {
        let mut hash = Sha256::new();
        for part in [model, &prompt.as_str().to_lowercase()] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        hash.update(variation.0.to_le_bytes());
        let digest = hash.finalize();
        Self(u32::from_le_bytes([digest[0], digest[1], digest[2], digest[3]]))
    }

    /// The seed of the noise that makes the `change`-th small change of the drawing of this seed.
    pub fn of_change(self, change: u32) -> Self {
        self.following(b"change", change)
    }

    /// The seed of the `candidate`-th drawing that competes with the one of this seed, which is 0.
    pub fn of_candidate(self, candidate: u32) -> Self {
        if candidate == 0 { self } else { self.following(b"candidate", candidate) }
    }

    /// The seed of the `part`-th thing of a drawing with several; 0 is the drawing's own.
    pub fn of_part(self, part: u32) -> Self {
        if part == 0 { self } else { self.following(b"part", part) }
    }

    /// The seed of the low-resolution map of the drawing of this seed.
    pub fn of_low_res(self) -> Self {
        self.following(b"low resolution", 0)
    }

    /// The seed of a letter in a text of this seed.
    pub fn of_letter(self, letter: char) -> Self {
        self.following(b"letter", letter as u32)
    }

    fn following(self, purpose: &[u8], number: u32) -> Self {
        let mut hash = Sha256::new();
        hash.update(purpose);
        hash.update(self.0.to_le_bytes());
        hash.update(number.to_le_bytes());
        let digest = hash.finalize();
        Self(u32::from_le_bytes([digest[0], digest[1], digest[2], digest[3]]))
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl FromStr for Seed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self).map_err(|_| format!("a seed is a whole number, 0 to {}", u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Prompt;

    #[test]
    fn numbers_out_of_range_are_refused_with_the_range() {
        for text in ["0", "1001", "-3", "many"] {
            assert!(
                text.parse::<Steps>().is_err_and(|error| error.contains("1 to 1000")),
                "{text}"
            );
        }
        for text in ["-0.1", "10.5", "NaN", "inf", "much"] {
            assert!(text.parse::<GuidanceScale>().is_err_and(|e| e.contains("0 to 10")), "{text}");
        }
        assert!("0".parse::<Variation>().is_err());
        assert!("4294967296".parse::<Seed>().is_err());
    }

    #[test]
    fn seeds_follow_model_words_and_variation() {
        let (cat, shouted) = (Prompt::new("cat"), Prompt::new("  CAT"));
        let seed = |model, prompt: &Result<Prompt, _>, variation| {
            Seed::derive(model, prompt.as_ref().expect("sound"), variation)
        };
        let first = seed("small", &cat, Variation::FIRST);
        assert_eq!(first, seed("small", &shouted, Variation::FIRST));
        assert_ne!(first, seed("small", &cat, Variation::FIRST.next()));
        assert_ne!(first, seed("base", &cat, Variation::FIRST));
    }
}
