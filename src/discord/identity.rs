//! Whose a token is: asked by the first run, before anything connects.
use super::gateway::{BotError, http, invite, plain, status};
use secrecy::SecretString;
use std::time::Duration;
use thiserror::Error;

/// The application behind a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Its name.
    pub name: String,
    /// The link that adds it to a server.
    pub invite: String,
}

/// Why Discord did not say whose a token is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IdentityError {
    /// It does not want this token.
    #[error(transparent)]
    Refused(#[from] BotError),
    /// It did not answer.
    #[error("Discord cannot be reached ({0}): check the network and try again")]
    Unreachable(String),
}

/// How long Discord may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Asks Discord whose a token is; `api_base` stands in for Discord's address unless it is empty.
///
/// # Errors
/// [`IdentityError`], each a sentence that says what to do.
pub async fn identify(token: &SecretString, api_base: &str) -> Result<Identity, IdentityError> {
    let http = http(api_base, token);
    let asked = tokio::time::timeout(PATIENCE, http.get_current_application_info()).await;
    let asked = asked.map_err(|_| IdentityError::Unreachable("no answer in time".to_owned()))?;
    match asked {
        Ok(application) => Ok(Identity { invite: invite(application.id), name: application.name }),
        Err(error) => Err(match status(&error) {
            Some(401) => BotError::Token.into(),
            Some(status) if (400..500).contains(&status) && status != 429 => {
                BotError::Refused(format!("status {status}")).into()
            }
            _ => IdentityError::Unreachable(plain(&error)),
        }),
    }
}
