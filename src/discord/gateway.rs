//! Connecting, staying connected, stopping.
use super::Bot;
use super::handler::Handler;
use super::logins;
use super::registration::{application, register};
use super::shards::{Readers, hang_up, watch};
use crate::measures;
use secrecy::{ExposeSecret, SecretString};
use serenity::all::{
    ApplicationId, Client, CreateAllowedMentions, GatewayError, GatewayIntents, Http, HttpBuilder,
    HttpError, ShardManager,
};
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
}

/// Longest time between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How long those are told who wait for a drawing that is not finished in time.
const FAREWELL: Duration = Duration::from_secs(3);
const HOUR: Duration = Duration::from_secs(3600);

/// Runs the bot until `stop` is told. `ready` is told the invite link once commands are registered.
///
/// # Errors
/// [`BotError`] when Discord refuses the bot.
pub async fn run(
    bot: Arc<Bot>,
    token: &SecretString,
    stop: CancellationToken,
    ready: impl FnOnce(&str),
) -> Result<(), BotError> {
    let http = Arc::new(http(&bot.discord.api_base, token));
    let Some(application) = application(&http, &stop).await? else { return Ok(()) };
    http.set_application_id(application);
    if register(&bot, &http, application, &stop).await?.is_none() {
        return Ok(());
    }
    ready(&invite(application));
    let upkeep = tokio::spawn(upkeep(Arc::clone(&bot), stop.clone()));
    let ended = stay_connected(&bot, &http, token, &stop).await;
    // First nothing new, then what is under way, then the connection.
    bot.stopping.cancel();
    bot.tasks.close();
    bot.studio.close();
    let patience = Duration::from_secs(bot.discord.stop_within_seconds);
    let farewell = FAREWELL.min(patience / 2);
    if tokio::time::timeout(patience - farewell, bot.tasks.wait()).await.is_err() {
        tracing::warn!(left = bot.tasks.len(), "not everything is finished in time");
        bot.leaving.cancel();
        // Whoever still waits is told so.
        let _ = tokio::time::timeout(farewell, bot.tasks.wait()).await;
    }
    upkeep.abort();
    if let Some(shards) = ended? {
        hang_up(shards).await;
    }
    Ok(())
}

/// Connects, and connects again when the connection ends, until told to stop; then the shards that
/// are still connected.
async fn stay_connected(
    bot: &Arc<Bot>,
    http: &Arc<Http>,
    token: &SecretString,
    stop: &CancellationToken,
) -> Result<Option<Arc<ShardManager>>, BotError> {
    loop {
        let Some(gateway) = logins::pause(bot, http, stop).await? else { return Ok(None) };
        let handler = Arc::new(Handler(Arc::clone(bot)));
        let mut client = client(bot, http, token, &handler).await?;
        let readers = Readers::of(&handler);
        // Where it could not ask itself, serenity would take Discord's own address.
        *client.ws_url.lock().await = gateway;
        let shards = Arc::clone(&client.shard_manager);
        let ended = tokio::select! {
            ended = client.start_autosharded() => ended,
            () = watch(bot, &shards, &readers) => Ok(()),
            () = bot.logins.too_often() => Ok(()),
            () = stop.cancelled() => return Ok(Some(shards)),
        };
        // What is lost is said below.
        measures::connected(false);
        bot.connected.send_replace(false);
        hang_up(shards).await;
        match ended {
            Err(error) if is_final(&error) => return Err(refused(&error)),
            Err(error) => {
                tracing::error!("the connection to Discord is lost ({}): again", plain(&error));
            }
            Ok(()) => tracing::error!("the connection to Discord breaks again and again"),
        }
    }
}

pub(super) fn http(api_base: &str, token: &SecretString) -> Http {
    let builder = HttpBuilder::new(token.expose_secret())
        .default_allowed_mentions(CreateAllowedMentions::new());
    match api_base.trim_end_matches('/') {
        "" => builder.build(),
        // Serenity's own limiter knows Discord's address only.
        base => builder.proxy(base).ratelimiter_disabled(true).build(),
    }
}

/// Asks Discord something again and again until it answers; `None` when told to stop.
///
/// # Errors
/// [`BotError`] for answers that asking again does not change.
pub(super) async fn ask<T, Asked>(
    stop: &CancellationToken,
    question: impl Fn() -> Asked,
) -> Result<Option<T>, BotError>
where
    Asked: Future<Output = serenity::Result<T>>,
{
    let mut pause = Duration::from_secs(1);
    loop {
        let error = match question().await {
            Ok(answer) => return Ok(Some(answer)),
            Err(error) => counted(error),
        };
        if is_final(&error) {
            return Err(refused(&error));
        }
        tracing::error!(
            "Discord cannot be reached ({}): check the network; trying again in {} s",
            plain(&error),
            pause.as_secs()
        );
        tokio::select! {
            () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
            () = stop.cancelled() => return Ok(None),
        }
    }
}

async fn client(
    bot: &Arc<Bot>,
    http: &Arc<Http>,
    token: &SecretString,
    handler: &Arc<Handler>,
) -> Result<Client, BotError> {
    // The builder wants an Http of its own; it is made the same way.
    let own = self::http(&bot.discord.api_base, token);
    if let Some(application) = http.application_id() {
        own.set_application_id(application);
    }
    serenity::client::ClientBuilder::new_with_http(own, GatewayIntents::GUILDS)
        .event_handler_arc(Arc::clone(handler))
        .await
        .map_err(|error| refused(&error))
}

/// The link that adds the bot to a server. It needs no permission: it only answers.
pub(super) fn invite(application: ApplicationId) -> String {
    format!(
        "https://discord.com/oauth2/authorize?client_id={application}&scope=bot+applications.commands&permissions=0"
    )
}

/// Forgets what is old, in the store and in the limits; says when the store fails and when it is mended.
async fn upkeep(bot: Arc<Bot>, stop: CancellationToken) {
    let mut hours = tokio::time::interval(HOUR);
    let mut minutes = tokio::time::interval(Duration::from_secs(60));
    let mut failing = false;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = minutes.tick() => {
                bot.studio.limits().sweep(std::time::Instant::now());
                let probed = bot.store.probe().await;
                match &probed {
                    Err(error) if !failing => tracing::error!(
                        %error, "the database takes nothing: drawings are not remembered"
                    ),
                    Ok(()) if failing => tracing::info!("the database takes everything again"),
                    _ => {}
                }
                failing = probed.is_err();
            }
            _ = hours.tick() => match bot.store.forget_old(bot.keep_days).await {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "old drawings were forgotten"),
                Err(error) => tracing::warn!(%error, "old drawings cannot be forgotten"),
            },
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

/// Discord's own code of an answer that was no success.
pub(super) fn code(error: &serenity::Error) -> Option<isize> {
    match error {
        serenity::Error::Http(HttpError::UnsuccessfulRequest(answer)) => Some(answer.error.code),
        _ => None,
    }
}

/// Whether trying again changes nothing.
fn is_final(error: &serenity::Error) -> bool {
    use GatewayError::{
        DisallowedGatewayIntents, InvalidAuthentication, InvalidGatewayIntents, InvalidShardData,
        NoAuthentication, OverloadedShard,
    };
    match error {
        serenity::Error::Gateway(error) => matches!(
            error,
            DisallowedGatewayIntents
                | InvalidAuthentication
                | InvalidGatewayIntents
                | InvalidShardData
                | NoAuthentication
                | OverloadedShard
        ),
        other => status(other).is_some_and(|status| (400..500).contains(&status) && status != 429),
    }
}

/// Why Discord wants none of us.
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
            _ => BotError::Refused(plain(other)),
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
