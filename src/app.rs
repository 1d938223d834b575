//! The composition root: settings become wired parts.
use crate::backend::{LibrarySearch, OrtDenoiser, OrtTextEncoder, Providers, Runtime};
use crate::config::Settings;
use crate::domain::ProviderName;
use crate::engine::Artist;
use crate::model::{Model, find};
use crate::service::DrawService;
use anyhow::Result;
use std::path::PathBuf;

/// What the command line may say in place of the settings.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// Name or path of a model.
    pub model: Option<String>,
    /// Execution providers, the preferred first.
    pub providers: Vec<ProviderName>,
}

/// The program before anything is loaded.
#[derive(Debug, Clone)]
pub struct App {
    settings: Settings,
}

impl App {
    /// Reads the settings.
    ///
    /// # Errors
    /// One sentence with all that is wrong.
    pub fn new(overrides: Overrides) -> Result<Self> {
        let (file, named) = Settings::file();
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        let mut settings = Settings::read(&file, named, variables)?;
        if let Some(model) = overrides.model {
            settings.model.name = model;
        }
        if !overrides.providers.is_empty() {
            settings.runtime.providers = overrides.providers;
        }
        Ok(Self { settings })
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The folder of the chosen model.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn model_folder(&self) -> Result<PathBuf> {
        Ok(find(&self.settings.model.name, &self.settings.model.libraries())?)
    }

    /// Where ONNX Runtime may be.
    pub fn library_search(&self) -> LibrarySearch {
        let runtime = &self.settings.runtime;
        LibrarySearch {
            named: runtime.named_library(),
            cache: runtime.cache(),
            gpu: self.providers().want_gpu(),
        }
    }

    /// The chosen execution providers.
    pub fn providers(&self) -> Providers {
        let runtime = &self.settings.runtime;
        Providers {
            order: runtime.providers.clone(),
            allow_cpu_fallback: runtime.allow_cpu_fallback,
            cache: runtime.cache(),
        }
    }

    /// Loads ONNX Runtime; `notify` is told what an operator should know.
    ///
    /// # Errors
    /// One sentence with what to do.
    pub fn runtime(&self, notify: &mut dyn FnMut(&str)) -> Result<Runtime> {
        let threads = self.settings.runtime.threads;
        Ok(Runtime::load(&self.library_search(), self.providers(), threads, notify)?)
    }

    /// Loads model and networks: ready to draw.
    ///
    /// # Errors
    /// One sentence with what to do.
    pub fn draw_service(&self, notify: &mut dyn FnMut(&str)) -> Result<DrawService> {
        let folder = self.model_folder()?;
        let (manifest, lexicon, tokenizer) = Model::open(&folder)?.into_parts();
        let mut runtime = self.runtime(notify)?;
        let size = manifest.text_encoder.embedding_size;
        let denoiser = OrtDenoiser::open(&mut runtime, &folder, &manifest.denoiser, size)?;
        let text_encoder =
            OrtTextEncoder::open(&mut runtime, &folder, &manifest.text_encoder, tokenizer)?;
        if let Some(reason) = runtime.fell_back() {
            notify(&format!("drawing on the CPU: {reason}"));
        }
        let artist = Artist::new(manifest, lexicon, Box::new(denoiser), Box::new(text_encoder))?;
        Ok(DrawService::new(artist))
    }
}
