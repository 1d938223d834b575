//! `glyffuse models`: what the model folders hold.
use crate::app::App;
use crate::model::{Manifest, list};
use anyhow::Result;

/// Lists the models, one a line; those that cannot be used with the reason.
///
/// # Errors
/// When there is none.
pub fn run(app: &App) -> Result<()> {
    let libraries = app.settings().model.libraries();
    let folders = list(&libraries);
    if folders.is_empty() {
        let searched: Vec<_> =
            libraries.iter().map(|folder| folder.display().to_string()).collect();
        anyhow::bail!(
            "there is no model in {}: get one, or set model.folders",
            searched.join(", ")
        );
    }
    let chosen = app.model_folder().ok();
    let mut text = String::new();
    for folder in folders {
        let mark = if chosen.as_ref() == Some(&folder) { '*' } else { ' ' };
        let line = match Manifest::read(&folder) {
            Ok(manifest) => {
                let bytes: u64 = manifest
                    .files
                    .keys()
                    .filter_map(|file| folder.join(file).metadata().ok())
                    .map(|metadata| metadata.len())
                    .sum();
                format!(
                    "{mark} {:<12} {:>5.1} MB  {}  {} {}, {} steps  {}",
                    manifest.id(),
                    bytes as f64 / 1e6,
                    manifest.model.licence,
                    manifest.denoiser.prediction_type,
                    manifest.defaults.sampler,
                    manifest.defaults.steps.get(),
                    folder.display()
                )
            }
            Err(error) => format!("{mark} {}: {error}", folder.display()),
        };
        text.push_str(&line);
        text.push('\n');
    }
    super::output::write(text.as_bytes(), None)
}
