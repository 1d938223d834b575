//! The bot: everything that knows Discord.
//!
//! The way of a command: `handler` → `commands` → `draw` (rules and limits, acknowledgement, studio,
//! forming drawing, finished message) → `reply`. Buttons and forms come in through `buttons` and name
//! what they mean in their `custom_id`. What people read when something fails is in `error` alone.
mod answer;
mod buttons;
mod call;
mod commands;
mod custom_id;
mod draw;
mod error;
mod gallery;
mod gateway;
mod guilds;
mod handler;
mod identity;
mod locale;
mod logins;
mod payload;
mod pictures;
mod privacy;
mod registration;
mod reply;
mod shards;
mod suggest;

pub use gateway::{BotError, run};
pub use identity::{Identity, IdentityError, identify};
pub use payload::{Payload, read as read_payload};

use crate::config::{DiscordSettings, LimitSettings};
use crate::service::Studio;
use crate::store::Store;
use guilds::GuildRules;
use logins::Logins;
use pictures::Pictures;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What every answer may need.
pub struct Bot {
    studio: Arc<Studio>,
    store: Arc<Store>,
    rules: GuildRules,
    discord: DiscordSettings,
    limits: LimitSettings,
    /// Days after which drawings are forgotten.
    keep_days: u32,
    /// Answers under way.
    tasks: TaskTracker,
    /// Told when no new request is to be taken.
    stopping: CancellationToken,
    /// Told when nobody is to be kept waiting any more.
    leaving: CancellationToken,
    logins: Logins,
    pictures: Pictures,
    /// Whether every shard is connected.
    connected: watch::Sender<bool>,
    started: Instant,
}

impl Bot {
    /// A bot that is not connected yet.
    pub fn new(
        studio: Arc<Studio>,
        store: Arc<Store>,
        discord: DiscordSettings,
        limits: LimitSettings,
        keep_days: u32,
    ) -> Self {
        let pictures = Pictures::new(&discord.api_base);
        Self {
            studio,
            store,
            rules: GuildRules::new(discord.clone(), limits.clone()),
            discord,
            limits,
            keep_days,
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
            leaving: CancellationToken::new(),
            logins: Logins::default(),
            pictures,
            connected: watch::Sender::new(false),
            started: Instant::now(),
        }
    }

    /// Whether the bot is connected to Discord, now and from now on.
    pub fn connected(&self) -> watch::Receiver<bool> {
        self.connected.subscribe()
    }
}
