//! Settings: the documented defaults, then the operator's file, then the environment. Checked as a
//! whole; every section is one struct.
mod bot;
mod file;
mod http;
mod model;
mod runtime;
mod secrets;

pub use bot::{
    CacheSettings, DiscordSettings, EngineSection, LimitSettings, LogFormat, LogLevel, LogSettings,
    StoreSettings,
};
pub use file::{
    WriteError, Written, commented_defaults, with_setting, write_secret, write_settings,
};
pub use http::HttpSettings;
pub use model::ModelSettings;
pub use runtime::RuntimeSettings;
pub use secrets::{SecretError, Secrets, parse_token, token_variable};

use crate::domain::plain;
use config::{Config, Environment, File, FileFormat, Map, Source, Value};
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The defaults, documented line by line.
const DEFAULTS: &str = include_str!("../../config/default.toml");

/// All settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Which model.
    pub model: ModelSettings,
    /// How its networks run.
    pub runtime: RuntimeSettings,
    /// How the bot behaves in Discord.
    pub discord: DiscordSettings,
    /// How much the engine takes on.
    pub engine: EngineSection,
    /// Who may draw how much.
    pub limits: LimitSettings,
    /// The cache of finished drawings.
    pub cache: CacheSettings,
    /// The database.
    pub store: StoreSettings,
    /// Where the bot tells about itself.
    pub http: HttpSettings,
    /// The log.
    pub log: LogSettings,
}

/// The names of the sections.
const SECTIONS: [&str; 9] =
    ["model", "runtime", "discord", "engine", "limits", "cache", "store", "http", "log"];

/// Settings that make no sense, all of them.
#[derive(Debug, Error)]
#[error("the settings are not sound: {}; correct {file} or the environment (GLYFFUSE__…)",
    faults.join("; "))]
pub struct SettingsError {
    /// What is wrong, one phrase each.
    faults: Vec<String>,
    /// The operator's file.
    file: String,
}

impl Settings {
    /// Reads the settings. `file` is the operator's file and may be absent; `named` says that it was
    /// asked for and must be there. `environment` gives the variables.
    ///
    /// # Errors
    /// [`SettingsError`] with everything that is wrong: unknown sections and keys, values that are none
    /// of their kind, and values out of range.
    pub fn read(
        file: &Path,
        named: bool,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        let layer = File::from(file).format(FileFormat::Toml).required(named);
        Self::layered(layer, &file.display().to_string(), environment)
    }

    /// The same with the text of the operator's file.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub fn of_text(
        text: &str,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        Self::layered(File::from_str(text, FileFormat::Toml), "the settings file", environment)
    }

    fn layered(
        layer: impl Source + Send + Sync + 'static,
        file: &str,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        let wrong = |faults: Vec<String>| SettingsError {
            // They quote what was written.
            faults: faults.iter().map(|fault| plain(fault)).collect(),
            file: file.to_owned(),
        };
        // Other names could be read as paths into a setting.
        let named = |(name, _): &(String, String)| {
            name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        let variables = Environment::with_prefix("GLYFFUSE")
            .prefix_separator("__")
            .separator("__")
            .try_parsing(true)
            .list_separator(",")
            .with_list_parse_key("runtime.providers")
            .with_list_parse_key("model.folders")
            .ignore_empty(true)
            .source(Some(environment.into_iter().filter(named).collect()));
        let config = Config::builder()
            .add_source(File::from_str(DEFAULTS, FileFormat::Toml))
            .add_source(layer)
            .add_source(variables)
            .build()
            .map_err(|error| wrong(vec![error.to_string()]))?;
        let mut faults = unknown_sections(&config);
        let settings = Self::sections(&config, &mut faults);
        settings.check(&mut faults);
        if faults.is_empty() { Ok(settings) } else { Err(wrong(faults)) }
    }

    /// All sections; what is wrong with one is noted, and its default stands in.
    fn sections(config: &Config, faults: &mut Vec<String>) -> Self {
        Self {
            model: section(config, "model", faults),
            runtime: section(config, "runtime", faults),
            discord: section(config, "discord", faults),
            engine: section(config, "engine", faults),
            limits: section(config, "limits", faults),
            cache: section(config, "cache", faults),
            store: section(config, "store", faults),
            http: section(config, "http", faults),
            log: section(config, "log", faults),
        }
    }

    /// Notes every value that is out of range.
    fn check(&self, faults: &mut Vec<String>) {
        if self.model.name.is_empty() {
            faults.push("model.name is empty".to_owned());
        }
        if self.runtime.providers.is_empty() {
            faults.push("runtime.providers is empty: [\"cpu\"] is the least".to_owned());
        }
        if self.runtime.threads > RuntimeSettings::MOST_THREADS {
            faults.push(format!("runtime.threads is above {}", RuntimeSettings::MOST_THREADS));
        }
        self.discord.check(faults);
        self.engine.check(faults);
        self.limits.check(faults);
        self.cache.check(faults);
        self.store.check(faults);
        self.http.check(faults);
    }

    /// The operator's own file: named by GLYFFUSE_CONFIG, or in the user's configuration folder.
    pub fn file() -> (PathBuf, bool) {
        match std::env::var_os("GLYFFUSE_CONFIG") {
            Some(path) if !path.is_empty() => (path.into(), true),
            _ => {
                let folders = directories::ProjectDirs::from("", "", "glyffuse");
                let folder = folders.map(|folders| folders.config_dir().to_owned());
                (folder.unwrap_or_else(|| "config".into()).join("glyffuse.toml"), false)
            }
        }
    }
}

/// One section. Every key is tried alone among the defaults, so that each fault is noted; a key with a
/// fault keeps its default.
fn section<T: DeserializeOwned>(config: &Config, name: &str, faults: &mut Vec<String>) -> T {
    let defaults = defaults(name);
    let mut sound = defaults.clone();
    match config.get_table(name) {
        Ok(table) => {
            let mut given: Vec<_> = table.into_iter().collect();
            given.sort_by(|one, other| one.0.cmp(&other.0));
            for (key, value) in given {
                let mut one = defaults.clone();
                one.insert(key.clone(), value.clone());
                match T::deserialize(Value::from(one)) {
                    Ok(_) => {
                        sound.insert(key, value);
                    }
                    Err(error) => faults.push(format!("[{name}] {error}")),
                }
            }
        }
        Err(error) => faults.push(format!("[{name}] {error}")),
    }
    T::deserialize(Value::from(sound)).expect("the defaults are sound")
}

/// A section of the defaults.
fn defaults(name: &str) -> Map<String, Value> {
    let defaults = Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml)).build();
    defaults.and_then(|config| config.get_table(name)).expect("the defaults are sound")
}

fn unknown_sections(config: &Config) -> Vec<String> {
    let Ok(table) = config.cache.clone().into_table() else { return Vec::new() };
    let mut names: Vec<_> =
        table.into_keys().filter(|name| !SECTIONS.contains(&name.as_str())).collect();
    names.sort_unstable();
    names.iter().map(|name| format!("there is no section [{name}]")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ProviderName;

    fn read(text: &str, environment: &[(&str, &str)]) -> Result<Settings, String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("glyffuse.toml");
        std::fs::write(&file, text).expect("writable");
        let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        Settings::read(&file, true, environment).map_err(|error| error.to_string())
    }

    #[test]
    fn defaults_are_sound() {
        let settings = read("", &[]).expect("sound");
        assert_eq!(settings.model.name, "small");
        assert_eq!(settings.runtime.providers, [ProviderName::Cpu]);
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let file = "[runtime]\nthreads = 3\n[model]\nname = \"base\"\n";
        let environment =
            [("GLYFFUSE__RUNTIME__THREADS", "5"), ("GLYFFUSE__RUNTIME__PROVIDERS", "cuda,cpu")];
        let settings = read(file, &environment).expect("sound");
        assert_eq!((settings.model.name.as_str(), settings.runtime.threads), ("base", 5));
        assert_eq!(settings.runtime.providers, [ProviderName::Cuda, ProviderName::Cpu]);
    }

    #[test]
    fn all_faults_are_told_together() {
        let file = "[engine]\nqueue = 0\nbatch = 1000\ngather_milliseconds = \"short\"\n\
                    [discord]\nstyle = \"oil\"\nsize = \"huge\"\napi_base = \"http://x:1\"\n\
                    [cache]\nmegabites = 3\n[kache]\nmegabytes = 3\n\
                    [http]\naddress = \"here\"\n";
        let environment = [("GLYFFUSE__STORE__KEEP_DAYS", "0"), ("GLYFFUSE__LOG__LEVEL", "loud")];
        let error = read(file, &environment).expect_err("unsound");
        for word in [
            "engine.queue",
            "engine.batch",
            "gather_milliseconds",
            "oil",
            "huge",
            "discord.api_base",
            "megabites",
            "[kache]",
            "store.keep_days",
            "http.address",
            "loud",
        ] {
            assert!(error.contains(word), "{word}: {error}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, word) in [
            ("[runtime]\nthreds = 1\n", "threds"),
            ("[runtime]\nthreads = \"many\"\n", "threads"),
            ("[runtime]\nproviders = [\"gpu\"]\n", "gpu"),
            ("[runtime]\nproviders = []\n", "providers"),
            ("[runtime\n", "glyffuse.toml"),
        ] {
            let error = read(text, &[]).expect_err(text);
            assert!(error.contains(word), "{error}");
        }
        let absent = Settings::read(Path::new("/nowhere/glyffuse.toml"), true, []);
        assert!(absent.is_err());
        assert!(Settings::read(Path::new("/nowhere/glyffuse.toml"), false, []).is_ok());
    }
}
