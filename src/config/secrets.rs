//! Secrets: from the environment or from files of their own, never from the settings.
use super::Settings;
use secrecy::{ExposeSecret, SecretString};
use std::fs;
use thiserror::Error;

/// A secret that cannot be had.
#[derive(Debug, Error)]
pub enum SecretError {
    /// Nothing gives a token.
    #[error(
        "there is no Discord token: set DISCORD_TOKEN, or name a file that holds it with discord.token_file"
    )]
    NoToken,
    /// The file cannot be read.
    #[error("{setting} names {path}, which cannot be read ({reason})")]
    Unreadable {
        /// The setting that names the file.
        setting: &'static str,
        /// The file.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// What is there is no token.
    #[error("what {0} gives is no Discord token: copy the whole token from the developer portal")]
    NoTokenShape(&'static str),
    /// Several cannot.
    #[error("{0}; {1}")]
    Both(Box<SecretError>, Box<SecretError>),
}

/// What the bot needs to know and nobody else. Debug output does not show it.
#[derive(Debug, Clone)]
pub struct Secrets {
    /// The bot's token.
    pub token: SecretString,
    /// The key that seals prompts, where there is one.
    pub prompt_key: Option<SecretString>,
}

impl Settings {
    /// All secrets of the bot, or all that is wrong with them.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn secrets(&self) -> Result<Secrets, SecretError> {
        match (self.token(), self.prompt_key()) {
            (Ok(token), Ok(prompt_key)) => Ok(Secrets { token, prompt_key }),
            (Err(one), Err(other)) => Err(SecretError::Both(Box::new(one), Box::new(other))),
            (Err(error), _) | (_, Err(error)) => Err(error),
        }
    }

    /// The bot's token.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn token(&self) -> Result<SecretString, SecretError> {
        match secret(&self.discord.token_file, "discord.token_file")? {
            Some(token) => parse_token(token.expose_secret(), "discord.token_file"),
            None => token_variable()?.ok_or(SecretError::NoToken),
        }
    }

    /// The key that seals prompts, where there is one.
    ///
    /// # Errors
    /// [`SecretError::Unreadable`].
    pub fn prompt_key(&self) -> Result<Option<SecretString>, SecretError> {
        let file = secret(&self.store.prompt_key_file, "store.prompt_key_file")?;
        Ok(file.or_else(|| variable("GLYFFUSE_PROMPT_KEY")))
    }
}

/// The token that the environment gives, whatever the settings say.
///
/// # Errors
/// [`SecretError::NoTokenShape`].
pub fn token_variable() -> Result<Option<SecretString>, SecretError> {
    let token = variable("DISCORD_TOKEN");
    token.map(|token| parse_token(token.expose_secret(), "DISCORD_TOKEN")).transpose()
}

/// A token out of a text that `origin` gave: three parts with dots between; anything else would
/// only be refused by Discord.
///
/// # Errors
/// [`SecretError::NoTokenShape`].
pub fn parse_token(text: &str, origin: &'static str) -> Result<SecretString, SecretError> {
    let text = text.trim();
    let sound = text.split('.').count() == 3
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    if sound { Ok(text.into()) } else { Err(SecretError::NoTokenShape(origin)) }
}

fn variable(name: &str) -> Option<SecretString> {
    let value = std::env::var(name).ok()?;
    let value = value.trim();
    (!value.is_empty()).then(|| SecretString::from(value))
}

fn secret(path: &str, setting: &'static str) -> Result<Option<SecretString>, SecretError> {
    if path.is_empty() {
        return Ok(None);
    }
    let text = fs::read_to_string(path).map_err(|error| SecretError::Unreadable {
        setting,
        path: path.to_owned(),
        reason: error.to_string(),
    })?;
    Ok(Some(SecretString::from(text.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn settings(token: &str, key: &Path) -> (Settings, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("token");
        fs::write(&file, token).expect("writable");
        let read = Settings::read(Path::new("/nowhere/glyffuse.toml"), false, []);
        let mut settings = read.expect("sound");
        settings.discord.token_file = file.display().to_string();
        settings.store.prompt_key_file = key.display().to_string();
        (settings, folder)
    }

    #[test]
    fn secrets_come_from_files_and_show_nowhere() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let key = folder.path().join("key");
        fs::write(&key, "a key for prompts\n").expect("writable");
        let (settings, _folder) = settings("one.two.three\n", &key);
        let secrets = settings.secrets().expect("sound");
        assert_eq!(secrets.token.expose_secret(), "one.two.three");
        let prompt_key = secrets.prompt_key.as_ref().map(ExposeSecret::expose_secret);
        assert_eq!(prompt_key, Some("a key for prompts"));
        let shown = format!("{secrets:?} {settings:?}");
        assert!(!shown.contains("one.two") && !shown.contains("a key"), "{shown}");
    }

    #[test]
    fn all_that_is_wrong_is_told_together_without_the_secret() {
        let (settings, _folder) = settings("my password", Path::new("/nowhere/key"));
        let told = settings.secrets().expect_err("unsound").to_string();
        for word in ["discord.token_file", "store.prompt_key_file", "/nowhere/key"] {
            assert!(told.contains(word), "{told}");
        }
        assert!(!told.contains("password"), "{told}");
    }
}
