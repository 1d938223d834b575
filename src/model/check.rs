//! What a manifest must say, so that whatever was accepted can be drawn with, written into recipes and
//! told to Discord.
use super::manifest::{Manifest, NoiseScheduleSpec};
use crate::domain::{Lettering, check_name};
use std::fmt;
use std::ops::RangeInclusive;
use std::path::{Component, Path};

/// The version of the format that this program reads.
const FORMAT: u32 = 1;
/// Most timesteps of training: each is a number in memory.
const MOST_TIMESTEPS: usize = 100_000;

impl Manifest {
    /// Checks everything that the types leave open.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.format != FORMAT {
            return Err(format!(
                "format {} is not {FORMAT}, the one this program reads",
                self.format
            ));
        }
        if self.denoiser.prediction_type != "v_prediction" {
            return Err(format!("unknown prediction_type \"{}\"", self.denoiser.prediction_type));
        }
        if !self.denoiser.kinds.contains(&self.defaults.kind) {
            return Err(format!("the default kind \"{}\" is not among kinds", self.defaults.kind));
        }
        check_name(&self.id())?;
        self.denoiser.kinds.iter().try_for_each(|kind| check_name(kind))?;
        within("map_size", self.denoiser.map_size, 8..=512)?;
        within("embedding_size", self.text_encoder.embedding_size, 1..=65_536)?;
        within("max_tokens", self.text_encoder.max_tokens, 1..=65_536)?;
        within("snap_below", self.lexicon.snap_below, -1.0..=1.0)?;
        self.noise_schedule.check()?;
        if let Some(low_res) = &self.low_res {
            within("low_res.map_size", low_res.map_size, 2..=self.denoiser.map_size)?;
            low_res.noise_schedule.check()?;
        }
        self.check_letters()?;
        self.check_files()
    }

    fn check_letters(&self) -> Result<(), String> {
        let Some(letters) = &self.letters else { return Ok(()) };
        if !(8..=128).contains(&letters.map_size) {
            return Err(format!("letters of {} dots are out of range", letters.map_size));
        }
        within("letters.below", letters.below, -1.0..=1.0)?;
        if letters.hands_of("").is_empty() {
            return Err("no hand writes a usual style of letters".to_owned());
        }
        // A style without a name would stand for all usual ones.
        letters.styles().into_iter().try_for_each(|style| {
            check_name(style)?;
            check_name(&Lettering::kind_of(style))
        })
    }

    fn check_files(&self) -> Result<(), String> {
        let named = [
            &self.denoiser.file,
            &self.text_encoder.file,
            &self.text_encoder.tokenizer,
            &self.lexicon.concepts,
            &self.lexicon.phrases,
            &self.lexicon.embeds,
        ];
        let more = self.ranker.iter().map(|ranker| &ranker.file);
        let more = more.chain(self.low_res.iter().map(|low_res| &low_res.file));
        let more = more.chain(self.letters.iter().map(|letters| &letters.file));
        for file in named.into_iter().chain(more) {
            if !self.files.contains_key(file) {
                return Err(format!("there is no hash of {file}"));
            }
        }
        for (file, hash) in &self.files {
            let mut parts = Path::new(file).components();
            let plain = matches!(
                (parts.next(), parts.next()),
                (Some(Component::Normal(name)), None) if name == file.as_str()
            );
            if !plain || file.contains(['\\', '\0']) {
                return Err(format!("{file} is not a plain file name"));
            }
            let is_digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
            if hash.len() != 64 || !hash.chars().all(is_digit) {
                return Err(format!("the hash of {file} is no SHA-256 in hexadecimal"));
            }
        }
        Ok(())
    }
}

impl NoiseScheduleSpec {
    fn check(&self) -> Result<(), String> {
        within("num_train_timesteps", self.num_train_timesteps, 2..=MOST_TIMESTEPS)?;
        match self.signal_scale > 0.0 && self.signal_scale <= 1.0 {
            true => Ok(()),
            false => Err(format!("a signal_scale of {} is out of range", self.signal_scale)),
        }
    }
}

fn within<T>(name: &str, value: T, range: RangeInclusive<T>) -> Result<(), String>
where
    T: PartialOrd + fmt::Display,
{
    match range.contains(&value) {
        true => Ok(()),
        false => Err(format!("a {name} of {value} is out of range")),
    }
}
