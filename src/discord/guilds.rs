//! The rules of guilds, kept in memory: settings over the operator's defaults, and who is blocked.
use crate::config::{DiscordSettings, LimitSettings};
use crate::domain::{CanvasSize, GuildSettings, Style};
use crate::measures;
use crate::store::{Store, StoreError};
use dashmap::DashMap;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// How long a person waits for the rules of a guild that are not in memory yet.
const PATIENCE: Duration = Duration::from_millis(800);

/// What holds in a guild, or outside guilds.
#[derive(Debug, Clone)]
pub struct Rules {
    /// What the admins have settled.
    pub settings: GuildSettings,
    /// Members who may not draw.
    pub blocked: HashSet<u64>,
    /// Drawings a minute of one person.
    pub per_person: u32,
    /// Drawings a minute of all together.
    pub per_guild: u32,
    /// Size when nobody says.
    pub size: CanvasSize,
    /// Style when nobody says.
    pub style: Style,
    /// Whether drawings may be shared.
    pub sharing: bool,
}

/// The rules of all guilds.
pub struct GuildRules {
    known: DashMap<u64, Arc<Rules>>,
    discord: DiscordSettings,
    limits: LimitSettings,
}

impl GuildRules {
    /// No guild is known yet.
    pub fn new(discord: DiscordSettings, limits: LimitSettings) -> Self {
        Self { known: DashMap::new(), discord, limits }
    }

    /// The rules outside guilds.
    pub fn outside(&self) -> Arc<Rules> {
        let mut rules = self.rules(GuildSettings::default(), HashSet::new());
        rules.per_person = self.limits.user_per_minute;
        rules.sharing = false;
        Arc::new(rules)
    }

    fn rules(&self, settings: GuildSettings, blocked: HashSet<u64>) -> Rules {
        Rules {
            blocked,
            per_person: settings.member_per_minute.unwrap_or(self.limits.member_per_minute),
            per_guild: settings.guild_per_minute.unwrap_or(self.limits.guild_per_minute),
            size: settings.size.unwrap_or(self.discord.size),
            style: settings.style.unwrap_or(self.discord.style),
            sharing: settings.sharing.unwrap_or(self.discord.sharing),
            settings,
        }
    }

    /// The rules of a guild. Where the store does not answer in time, the operator's defaults hold
    /// for once.
    pub async fn of(&self, store: &Store, guild: u64) -> Arc<Rules> {
        if let Some(rules) = self.known.get(&guild) {
            return Arc::clone(&rules);
        }
        match tokio::time::timeout(PATIENCE, self.load(store, guild)).await {
            Ok(Ok(rules)) => rules,
            failed => {
                if failed.is_err() {
                    measures::store_error("timeout");
                }
                let reason = failed.ok().and_then(Result::err);
                tracing::warn!(guild, ?reason, "the settings of a guild cannot be read");
                Arc::new(self.rules(GuildSettings::default(), HashSet::new()))
            }
        }
    }

    /// Reads the rules of a guild anew.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn load(&self, store: &Store, guild: u64) -> Result<Arc<Rules>, StoreError> {
        let settings = store.guild_settings(guild).await?;
        let blocked = store.blocked_members(guild).await?.into_iter().collect();
        let rules = Arc::new(self.rules(settings, blocked));
        self.known.insert(guild, Arc::clone(&rules));
        Ok(rules)
    }

    /// Forgets a guild.
    pub fn forget(&self, guild: u64) {
        self.known.remove(&guild);
    }

    /// Guilds that are known.
    pub fn len(&self) -> usize {
        self.known.len()
    }
}
