//! The composition root: settings become wired parts.
use crate::backend::{
    BackendError, LibrarySearch, OrtDenoiser, OrtRanker, OrtTextEncoder, Providers, Runtime,
};
use crate::cache::DrawingCache;
use crate::config::{Secrets, Settings};
use crate::discord::{self, Bot, Identity};
use crate::domain::{Prompt, ProviderName, Variation};
use crate::engine::{Artist, Engine, EngineSettings, Letterer, LowResStage, MoreNetworks};
use crate::health::{self, Readiness};
use crate::limits::Limits;
use crate::measures;
use crate::model::{Model, find};
use crate::service::{self, DrawService, Jury, Options, Studio};
use crate::store::{PromptCipher, Store};
use anyhow::{Context, Result};
use secrecy::SecretString;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

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
        Self::with_file(overrides, &file, named)
    }

    /// The same for the first run, which may be what makes the settings file.
    ///
    /// # Errors
    /// One sentence with all that is wrong.
    pub fn first(overrides: Overrides) -> Result<Self> {
        let (file, _) = Settings::file();
        Self::with_file(overrides, &file, false)
    }

    fn with_file(overrides: Overrides, file: &Path, named: bool) -> Result<Self> {
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        let mut settings = Settings::read(file, named, variables)?;
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
        let (artist, jury) = self.artist(notify)?;
        Ok(DrawService::new(artist, jury))
    }

    fn artist(&self, notify: &mut dyn FnMut(&str)) -> Result<(Artist, Jury)> {
        let folder = self.model_folder()?;
        let (manifest, lexicon, tokenizer) = Model::open(&folder)?.into_parts();
        let mut runtime = self.runtime(notify)?;
        let size = manifest.text_encoder.embedding_size;
        let denoiser = OrtDenoiser::open(&mut runtime, &folder, &manifest)?;
        let text_encoder =
            OrtTextEncoder::open(&mut runtime, &folder, &manifest.text_encoder, tokenizer)?;
        let letterer = manifest.letters.as_ref().map(|spec| {
            let denoiser = OrtDenoiser::open_letters(&mut runtime, &folder, spec)?;
            Ok::<_, BackendError>(Letterer::new(spec.clone(), Box::new(denoiser)))
        });
        let letterer = letterer.transpose()?;
        let low_res = manifest.low_res.as_ref().map(|spec| {
            let denoiser = OrtDenoiser::open_low_res(&mut runtime, &folder, spec, size)?;
            anyhow::Ok(LowResStage::new(spec.clone(), Box::new(denoiser))?)
        });
        let more = MoreNetworks { low_res: low_res.transpose()?, letterer };
        let ranker = manifest.ranker.as_ref();
        let ranker = ranker.map(|spec| OrtRanker::open(&mut runtime, &folder, spec, size));
        let jury = Jury::new(ranker.transpose()?.map(|ranker| Box::new(ranker) as _));
        if let Some(reason) = runtime.fell_back() {
            notify(&format!("drawing on the CPU: {reason}"));
        }
        let (denoiser, text_encoder) = (Box::new(denoiser), Box::new(text_encoder));
        let artist = Artist::new(manifest, lexicon, denoiser, text_encoder, more)?;
        Ok((artist, jury))
    }

    /// Loads model and networks, draws once to warm them, and starts the engine for many.
    ///
    /// # Errors
    /// One sentence with what to do.
    pub fn studio(&self, notify: &mut dyn FnMut(&str)) -> Result<Studio> {
        let (mut artist, jury) = self.artist(notify)?;
        let manifest = artist.manifest().clone();
        let concepts = artist.concepts().to_vec();
        let warm = Prompt::new(concepts.first().map_or("ring", String::as_str))?;
        let request = service::request(&manifest, warm, Variation::FIRST, &Options::default());
        let entries: Vec<_> = request.entries().collect();
        let started = Instant::now();
        let sketches = artist.sketch(&entries, &mut |_| ControlFlow::Continue(()))?;
        jury.best(&sketches.unwrap_or_default())?;
        let section = &self.settings.engine;
        let settings = EngineSettings {
            queue: section.queue,
            batch: section.batch,
            gather: Duration::from_millis(section.gather_milliseconds),
            guess: started.elapsed(),
        };
        let engine = Engine::start(artist, settings)?;
        let cache = DrawingCache::new(self.settings.cache.megabytes << 20);
        let limits = Limits::new(self.settings.limits.most_remembered);
        Ok(Studio::new((manifest, concepts), (engine, jury), cache, limits))
    }

    /// Opens the database; `key` seals prompts.
    ///
    /// # Errors
    /// One sentence with what to do.
    pub async fn store(&self, key: Option<&SecretString>) -> Result<Store> {
        let file = self.settings.store.path();
        let store = Store::open(&file, PromptCipher::new(key)).await;
        store.with_context(|| format!("the database {}", file.display()))
    }

    /// Asks Discord whose a token is.
    ///
    /// # Errors
    /// One sentence with what to do.
    pub async fn identify(&self, token: &SecretString) -> Result<Identity> {
        Ok(discord::identify(token, &self.settings.discord.api_base).await?)
    }

    /// Starts to answer about health and figures, where the settings say so.
    async fn tell_health(
        &self,
        readiness: &Arc<Readiness>,
        notify: &mut dyn FnMut(&str),
    ) -> Result<()> {
        let Some(address) = self.settings.http.listen() else { return Ok(()) };
        let (listener, address) = health::listen(address).await?;
        let figures = measures::install()?;
        tokio::spawn(health::serve(listener, Arc::clone(readiness), figures));
        notify(&format!("health and figures on http://{address}"));
        Ok(())
    }

    /// Runs the bot until it is told to stop.
    ///
    /// # Errors
    /// One sentence with what to do.
    pub async fn bot(&self, stop: CancellationToken, notify: &mut dyn FnMut(&str)) -> Result<()> {
        let Secrets { token, prompt_key } = self.settings.secrets()?;
        let readiness = Arc::new(Readiness::new(stop.clone()));
        self.tell_health(&readiness, notify).await?;
        let store = Arc::new(self.store(prompt_key.as_ref()).await?);
        readiness.opened(Arc::clone(&store));
        let studio = Arc::new(self.studio(notify)?);
        measures::model(&studio.manifest().id());
        readiness.warmed();
        let settings = &self.settings;
        let bot = Arc::new(Bot::new(
            Arc::clone(&studio),
            Arc::clone(&store),
            settings.discord.clone(),
            settings.limits.clone(),
            settings.store.keep_days,
        ));
        readiness.connecting(bot.connected());
        let ended = discord::run(bot, &token, stop, |invite| {
            notify(&format!("ready; add the bot to a server with {invite}"));
        })
        .await;
        tokio::task::spawn_blocking(move || studio.stop()).await?;
        store.close().await;
        Ok(ended?)
    }
}
