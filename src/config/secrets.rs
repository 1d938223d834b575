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
}

impl Settings {
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
