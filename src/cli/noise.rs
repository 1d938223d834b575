//! `glyffuse noise`: the forward process, step t of the Markov chain that training learns to undo.
use super::style::StyleArgs;
use crate::app::App;
use crate::diffusion::q_sample;
use crate::domain::{InkMap, Prompt, Seed, Variation};
use crate::ink::Decoder;
use crate::service::Options;
use anyhow::{Context, Result, bail};
use clap::Args;
use std::ops::ControlFlow;

/// Draws the text, then adds noise to it as training does: x_t at every timestep asked for.
#[derive(Debug, Args)]
pub struct NoiseArgs {
    /// What to draw.
    #[arg(required = true)]
    text: Vec<String>,
    #[command(flatten)]
    style: StyleArgs,
    /// Which variation of the text, from 1.
    #[arg(long, value_parser = str::parse::<Variation>, default_value = "1")]
    variation: Variation,
    /// Timesteps, with commas between.
    #[arg(long, value_delimiter = ',', default_values_t = [0, 250, 500, 750, 999])]
    timesteps: Vec<usize>,
    /// Seed of the noise.
    #[arg(long, value_parser = str::parse::<Seed>, default_value = "1")]
    seed: Seed,
}

/// Prints x_t with ᾱ_t for every timestep.
///
/// # Errors
/// One sentence saying what is wrong and what to do.
pub fn run(args: &NoiseArgs, app: &App) -> Result<()> {
    let prompt = Prompt::new(&args.text.join(" "))?;
    let charset = args.style.charset()?;
    let mut service = app.draw_service(&mut |line| eprintln!("glyffuse: {line}"))?;
    let last = service.noise_schedule().num_train_timesteps() - 1;
    if let Some(timestep) = args.timesteps.iter().find(|&&timestep| timestep > last) {
        bail!("there is no timestep {timestep}: use 0 to {last}");
    }
    let options = Options {
        size: args.style.size,
        style: args.style.style.unwrap_or_default(),
        ..Options::default()
    };
    let request = service.request(prompt, args.variation, &options);
    let answers = service.draw(&[request], false, &mut |_| ControlFlow::Continue(()))?;
    let map = &answers.first().context("nothing was drawn")?.map;
    let decoder = Decoder::new(args.style.style.unwrap_or_default(), charset.as_ref());
    let schedule = service.noise_schedule();
    let mut text = String::new();
    for &timestep in &args.timesteps {
        let noisy = InkMap::new(q_sample(schedule, map.view(), timestep, args.seed))?;
        let alpha = schedule.alpha_cumprod(Some(timestep));
        let drawing = decoder.preview(&noisy, args.style.size);
        text.push_str(&format!("t = {timestep}, ᾱ = {alpha:.4}\n{drawing}\n\n"));
    }
    super::output::write(text.trim_end().as_bytes(), None)?;
    super::output::write(b"\n", None)
}
