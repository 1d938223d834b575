//! Who we are to Discord, and the commands that it is told about.
use super::Bot;
use super::commands::definitions;
use super::gateway::{BotError, ask};
use serenity::all::{ApplicationId, Http};
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

/// Asks Discord who we are; `None` when told to stop.
///
/// # Errors
/// [`BotError`].
pub async fn application(
    http: &Http,
    stop: &CancellationToken,
) -> Result<Option<ApplicationId>, BotError> {
    let found = ask(stop, || http.get_current_application_info()).await?;
    Ok(found.map(|application| application.id))
}

/// Tells Discord about the commands, if they are not those it was told last; `None` when told to
/// stop.
///
/// # Errors
/// [`BotError`].
pub async fn register(
    bot: &Bot,
    http: &Http,
    application: ApplicationId,
    stop: &CancellationToken,
) -> Result<Option<()>, BotError> {
    let letters = bot.studio.manifest().letters.as_ref();
    let styles = letters.map(|letters| letters.styles()).unwrap_or_default();
    let commands = definitions(bot.limits.most_steps, &styles);
    let mut described = serde_json::to_value(&commands).expect("commands are plain data");
    // Translations are kept in no order.
    described.sort_all_objects();
    let text = described.to_string();
    let hash: String =
        Sha256::digest(&text).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let note = format!("commands of {application}");
    if bot.store.note(&note).await.ok().flatten().as_deref() == Some(hash.as_str()) {
        tracing::debug!("the commands are registered already");
        return Ok(Some(()));
    }
    if ask(stop, || http.create_global_commands(&commands)).await?.is_none() {
        return Ok(None);
    }
    tracing::info!(count = commands.len(), "the commands are registered");
    if let Err(error) = bot.store.set_note(&note, &hash).await {
        tracing::warn!(%error, "the commands will be registered again at the next start");
    }
    Ok(Some(()))
}
