//! Connecting, staying connected, stopping.
use super::Bot;
use super::commands::definitions;
use super::handler::Handler;
use crate::measures;
use crate::store::now;
use secrecy::{ExposeSecret, SecretString};
use serenity::all::{
    ApplicationId, Client, ConnectionStage, CreateAllowedMentions, GatewayError, GatewayIntents,
    Http, HttpBuilder, HttpError, ShardManager,
};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio_util::sync::CancellationToken;

/// Why the bot does not run.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BotError {
    /// Discord does not know the token.
    #[error(
        "Discord refuses the token: reset it in the developer portal (Bot → Reset Token), and put the new one into DISCORD_TOKEN or discord.token_file"
    )]
    Token,
    /// The application may not ask for what it asks for.
    #[error(
        "Discord refuses the intents: this bot asks for GUILDS only, so the application itself is restricted; see its page in the developer portal"
    )]
    Intents,
    /// Something that trying again does not mend.
    #[error("Discord refuses the bot ({0}): see the application's page in the developer portal")]
    Refused(String),
    /// The connection broke and could not be had again.
    #[error("the connection to Discord is lost ({0}): check the network, then start the bot again")]
    Lost(String),
}

/// Longest time between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How many of the day's identifies are left for emergencies.
const RESERVE: u64 = 20;
/// Starts within an hour after which the next one waits.
const MOST_STARTS: usize = 5;
const HOUR: Duration = Duration::from_secs(3600);

/// Runs the bot until `stop` is told. `ready` is told the invite link once commands are registered.
///
/// # Errors
/// [`BotError`] when Discord refuses the bot, or is lost for good.
pub async fn run(
    bot: Arc<Bot>,
    token: &SecretString,
    stop: CancellationToken,
    ready: impl FnOnce(&str),
) -> Result<(), BotError> {
    let http = Arc::new(http(&bot, token));
    let Some(application) = application(&http, &stop).await? else { return Ok(()) };
    http.set_application_id(application);
    register(&bot, &http, application).await?;
    if pause_before_start(&bot, &http, &stop).await.is_none() {
        return Ok(());
    }
    let mut client = client(&bot, &http, token).await?;
    ready(&invite(application));
    let shards = Arc::clone(&client.shard_manager);
    let upkeep = tokio::spawn(upkeep(Arc::clone(&bot), stop.clone()));
    let watch = tokio::spawn(watch(Arc::clone(&bot), Arc::clone(&shards)));
    let ended = tokio::select! {
        ended = client.start_autosharded() => ended.map_err(|error| refused(&error)),
        () = stop.cancelled() => Ok(()),
    };
    // First nothing new, then what is under way, then the connection.
    bot.stopping.cancel();
    bot.tasks.close();
    bot.studio.close();
    let patience = Duration::from_secs(bot.discord.stop_within_seconds);
    if tokio::time::timeout(patience, bot.tasks.wait()).await.is_err() {
        tracing::warn!(left = bot.tasks.len(), "not everything was finished in time");
    }
    shards.shutdown_all().await;
    upkeep.abort();
    watch.abort();
    ended
}

fn http(bot: &Bot, token: &SecretString) -> Http {
    let builder = HttpBuilder::new(token.expose_secret())
        .default_allowed_mentions(CreateAllowedMentions::new());
    match bot.discord.api_base.trim_end_matches('/') {
        "" => builder.build(),
        // Serenity's own limiter knows Discord's address only.
        base => builder.proxy(base).ratelimiter_disabled(true).build(),
    }
}

/// Asks Discord who we are, again and again until it answers; `None` when told to stop.
async fn application(
    http: &Http,
    stop: &CancellationToken,
) -> Result<Option<ApplicationId>, BotError> {
    let mut pause = Duration::from_secs(1);
    loop {
        let error = match http.get_current_application_info().await {
            Ok(application) => return Ok(Some(application.id)),
            Err(error) => counted(error),
        };
        match status(&error) {
            Some(401) => return Err(BotError::Token),
            Some(status) if (400..500).contains(&status) && status != 429 => {
                return Err(BotError::Refused(format!("status {status}")));
            }
            _ => tracing::error!(
                "Discord cannot be reached ({}): check the network; trying again in {} s",
                plain(&error),
                pause.as_secs()
            ),
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
            () = stop.cancelled() => return Ok(None),
        }
    }
}

/// Tells Discord about the commands, if they are not those it was told last.
async fn register(bot: &Bot, http: &Http, application: ApplicationId) -> Result<(), BotError> {
    let commands = definitions(bot.limits.most_steps);
    let mut described = serde_json::to_value(&commands).expect("commands are plain data");
    // Translations are kept in no order.
    described.sort_all_objects();
    let text = described.to_string();
    let hash: String =
        Sha256::digest(&text).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let note = format!("commands of {application}");
    if bot.store.note(&note).await.ok().flatten().as_deref() == Some(hash.as_str()) {
        tracing::debug!("the commands are registered already");
        return Ok(());
    }
    match http.create_global_commands(&commands).await {
        Ok(_) => {
            tracing::info!(count = commands.len(), "the commands are registered");
            if let Err(error) = bot.store.set_note(&note, &hash).await {
                tracing::warn!(%error, "the commands will be registered again at the next start");
            }
            Ok(())
        }
        Err(error) => Err(refused(&counted(error))),
    }
}

/// Waits where a loop of crashes would use up the day's identifies; `None` when told to stop.
async fn pause_before_start(bot: &Bot, http: &Http, stop: &CancellationToken) -> Option<()> {
    let starts = bot.store.note("starts").await.ok().flatten().unwrap_or_default();
    let mut starts: Vec<i64> = starts.split(' ').filter_map(|time| time.parse().ok()).collect();
    starts.retain(|start| now() - start < 3600);
    let mut pause = crash_pause(starts.len());
    starts.push(now());
    let text: Vec<_> = starts.iter().map(i64::to_string).collect();
    if let Err(error) = bot.store.set_note("starts", &text.join(" ")).await {
        tracing::warn!(%error, "this start is not counted");
    }
    if let Ok(gateway) = http.get_bot_gateway().await {
        let limit = gateway.session_start_limit;
        if limit.remaining < RESERVE.min(limit.total / 2) {
            pause = pause.max(Duration::from_millis(limit.reset_after));
            tracing::error!(left = limit.remaining, "nearly all of the day's logins are used up");
        }
    }
    if pause.is_zero() {
        return Some(());
    }
    tracing::warn!(
        "the bot started often lately: waiting {} s before it connects",
        pause.as_secs()
    );
    tokio::select! {
        () = tokio::time::sleep(pause) => Some(()),
        () = stop.cancelled() => None,
    }
}

/// How long a start waits that follows so many others within an hour.
fn crash_pause(starts: usize) -> Duration {
    match starts.checked_sub(MOST_STARTS) {
        None => Duration::ZERO,
        Some(more) => Duration::from_secs(15 << more.min(5)),
    }
}

async fn client(
    bot: &Arc<Bot>,
    http: &Arc<Http>,
    token: &SecretString,
) -> Result<Client, BotError> {
    // The builder wants an Http of its own; it is made the same way.
    let own = self::http(bot, token);
    if let Some(application) = http.application_id() {
        own.set_application_id(application);
    }
    serenity::client::ClientBuilder::new_with_http(own, GatewayIntents::GUILDS)
        .event_handler(Handler(Arc::clone(bot)))
        .await
        .map_err(|error| refused(&error))
}

/// The link that adds the bot to a server. It needs no permission: it only answers.
fn invite(application: ApplicationId) -> String {
    format!(
        "https://discord.com/oauth2/authorize?client_id={application}&scope=bot+applications.commands&permissions=0"
    )
}

/// Forgets what is old, in the store and in the limits.
async fn upkeep(bot: Arc<Bot>, stop: CancellationToken) {
    let mut hours = tokio::time::interval(HOUR);
    let mut minutes = tokio::time::interval(Duration::from_secs(60));
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = minutes.tick() => bot.studio.limits().sweep(std::time::Instant::now()),
            _ = hours.tick() => match bot.store.forget_old(bot.keep_days).await {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "old drawings were forgotten"),
                Err(error) => tracing::warn!(%error, "old drawings cannot be forgotten"),
            },
        }
    }
}

/// Looks at the connections every so often and tells when they are lost and there again: Serenity says
/// so only of some of the ways in which a connection ends.
async fn watch(bot: Arc<Bot>, shards: Arc<ShardManager>) {
    let mut ticks = tokio::time::interval(Duration::from_millis(500));
    let mut most = 1;
    loop {
        ticks.tick().await;
        let runners = shards.runners.lock().await;
        let up = runners.values().filter(|shard| shard.stage == ConnectionStage::Connected);
        let up = up.count();
        most = most.max(runners.len());
        drop(runners);
        let connected = up == most;
        measures::connected(connected);
        let before = bot.connected.send_replace(connected);
        match (before, connected) {
            (true, false) => tracing::warn!(up, of = most, "the connection to Discord is lost"),
            (false, true) => tracing::info!(shards = most, "the connection to Discord stands"),
            _ => {}
        }
    }
}

/// Counts what Discord did not take.
pub(super) fn counted(error: serenity::Error) -> serenity::Error {
    let (status, code) = match &error {
        serenity::Error::Http(HttpError::UnsuccessfulRequest(answer)) => {
            // Serenity says -1 where Discord said nothing.
            let code = u32::try_from(answer.error.code).ok();
            let code = code.map_or_else(|| "none".to_owned(), |code| code.to_string());
            (answer.status_code.as_u16().to_string(), code)
        }
        other => ("none".to_owned(), plain(other)),
    };
    measures::discord_error(status, code);
    error
}

/// The HTTP status of an answer that was no success.
pub(super) fn status(error: &serenity::Error) -> Option<u16> {
    match error {
        serenity::Error::Http(HttpError::UnsuccessfulRequest(answer)) => {
            Some(answer.status_code.as_u16())
        }
        _ => None,
    }
}

/// Why Discord ended it.
fn refused(error: &serenity::Error) -> BotError {
    match error {
        serenity::Error::Gateway(
            GatewayError::InvalidAuthentication | GatewayError::NoAuthentication,
        ) => BotError::Token,
        serenity::Error::Gateway(
            GatewayError::DisallowedGatewayIntents | GatewayError::InvalidGatewayIntents,
        ) => BotError::Intents,
        other => match status(other) {
            Some(401) => BotError::Token,
            Some(status) => BotError::Refused(format!("status {status}")),
            None => BotError::Lost(plain(other)),
        },
    }
}

/// What failed, without addresses (which hold tokens) and without what was sent.
pub fn plain(error: &serenity::Error) -> String {
    match error {
        serenity::Error::Http(HttpError::UnsuccessfulRequest(answer)) => {
            format!("status {}, code {}", answer.status_code.as_u16(), answer.error.code)
        }
        serenity::Error::Http(HttpError::Request(error)) => {
            let kind = match (error.is_timeout(), error.is_connect()) {
                (true, _) => "no answer in time",
                (_, true) => "no connection",
                _ => "the exchange broke off",
            };
            kind.to_owned()
        }
        serenity::Error::Http(_) => "the request could not be made".to_owned(),
        serenity::Error::Model(error) => error.to_string(),
        serenity::Error::Gateway(error) => error.to_string(),
        serenity::Error::Client(error) => error.to_string(),
        serenity::Error::Tungstenite(_) => "the gateway's connection broke".to_owned(),
        serenity::Error::Json(_) => "Discord's answer is not understood".to_owned(),
        _ => "an error of the connection".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_of_crashes_cannot_use_up_a_days_identifies() {
        // A supervisor that starts the bot anew at once, for a whole day.
        let mut starts: Vec<u64> = Vec::new();
        let mut time = 0;
        while time < 86_400 {
            let lately = starts.iter().filter(|start| time - **start < 3600).count();
            starts.push(time);
            time += crash_pause(lately).as_secs() + 1;
        }
        assert!(starts.len() < 500, "{} identifies", starts.len());
    }

    #[test]
    fn a_start_now_and_then_does_not_wait() {
        assert_eq!(crash_pause(0), Duration::ZERO);
        assert_eq!(crash_pause(4), Duration::ZERO);
        assert!(crash_pause(5) > Duration::ZERO);
    }
}
