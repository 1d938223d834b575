//! Settings: the documented defaults, then the operator's file, then the environment. Checked as a
//! whole; every section is one struct.
mod model;
mod runtime;

pub use model::ModelSettings;
pub use runtime::RuntimeSettings;

use config::{Config, Environment, File, FileFormat};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The defaults, documented line by line.
const DEFAULTS: &str = include_str!("../../config/default.toml");

/// All settings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Which model.
    pub model: ModelSettings,
    /// How its networks run.
    pub runtime: RuntimeSettings,
}

/// Settings that make no sense.
#[derive(Debug, Error)]
#[error("the settings are not sound: {0}; correct {1} or the environment (GLYFFUSE__…)")]
pub struct SettingsError(String, String);

impl Settings {
    /// Reads the settings. `file` is the operator's file and may be absent; `named` says that it was
    /// asked for and must be there. `environment` gives the variables.
    ///
    /// # Errors
    /// [`SettingsError`] for unknown names, wrong types and values out of range.
    pub fn read(
        file: &Path,
        named: bool,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        let wrong = |error: config::ConfigError| {
            SettingsError(error.to_string().replace('\n', " "), file.display().to_string())
        };
        let variables = Environment::with_prefix("GLYFFUSE")
            .prefix_separator("__")
            .separator("__")
            .try_parsing(true)
            .list_separator(",")
            .with_list_parse_key("runtime.providers")
            .with_list_parse_key("model.folders")
            .ignore_empty(true)
            .source(Some(environment.into_iter().collect()));
        let settings: Self = Config::builder()
            .add_source(File::from_str(DEFAULTS, FileFormat::Toml))
            .add_source(File::from(file).format(FileFormat::Toml).required(named))
            .add_source(variables)
            .build()
            .and_then(Config::try_deserialize)
            .map_err(wrong)?;
        settings.check().map_err(|reason| SettingsError(reason, file.display().to_string()))?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), String> {
        if self.model.name.is_empty() {
            return Err("model.name is empty".to_owned());
        }
        if self.runtime.providers.is_empty() {
            return Err("runtime.providers is empty: [\"cpu\"] is the least".to_owned());
        }
        if self.runtime.threads > RuntimeSettings::MOST_THREADS {
            return Err(format!("runtime.threads is above {}", RuntimeSettings::MOST_THREADS));
        }
        Ok(())
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
