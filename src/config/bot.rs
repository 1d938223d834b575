//! The sections of the bot: `[discord]`, `[engine]`, `[limits]`, `[cache]`, `[store]`, `[log]`.
use crate::domain::{CanvasSize, GuildSettings, Steps, Style};
use serde::Deserialize;
use std::fmt;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// How the bot behaves in Discord.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiscordSettings {
    /// File with the token, or empty.
    pub token_file: String,
    /// Size when nobody says.
    pub size: CanvasSize,
    /// Style when nobody says.
    pub style: Style,
    /// Whether drawings may be shared.
    pub sharing: bool,
    /// After how long a drawing is shown while it forms.
    pub preview_after_milliseconds: u64,
    /// Time between two looks at a forming drawing.
    pub preview_every_milliseconds: u64,
    /// How long the rest may take when the bot is told to stop.
    pub stop_within_seconds: u64,
    /// A server in place of Discord's, on this machine, or empty.
    pub api_base: String,
}

/// How much the engine takes on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngineSection {
    /// Requests that may wait.
    pub queue: usize,
    /// Drawings of one batch.
    pub batch: usize,
    /// How long a request waits for others of its shape.
    pub gather_milliseconds: u64,
}

/// Who may draw how much.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitSettings {
    /// Drawings a minute of one member.
    pub member_per_minute: u32,
    /// Drawings a minute of a guild.
    pub guild_per_minute: u32,
    /// Drawings a minute of a user outside guilds.
    pub user_per_minute: u32,
    /// Most steps that may be asked for.
    pub most_steps: usize,
    /// Budgets that are remembered at a time.
    pub most_remembered: usize,
}

/// The cache of finished drawings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CacheSettings {
    /// Its size in megabytes.
    pub megabytes: u64,
}

/// The database.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreSettings {
    /// Its file, or empty for the user's data folder.
    pub file: String,
    /// File with the key that seals prompts, or empty.
    pub prompt_key_file: String,
    /// Days after which drawings are forgotten.
    pub keep_days: u32,
}

/// The log.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSettings {
    /// For people or for machines.
    pub format: LogFormat,
    /// How much is said.
    pub level: LogLevel,
}

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// What failed.
    Error,
    /// And what is degraded.
    Warn,
    /// And what an operator wants to know.
    Info,
    /// And what a developer wants to know.
    Debug,
    /// Everything.
    Trace,
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        })
    }
}

/// Notes a number that is out of range.
fn within<T: PartialOrd + fmt::Display>(
    faults: &mut Vec<String>,
    name: &str,
    value: T,
    range: RangeInclusive<T>,
) {
    if !range.contains(&value) {
        faults.push(format!("{name} is {value}: use {} to {}", range.start(), range.end()));
    }
}

impl DiscordSettings {
    /// Notes what makes no sense.
    pub(super) fn check(&self, faults: &mut Vec<String>) {
        let (after, every) = (self.preview_after_milliseconds, self.preview_every_milliseconds);
        within(faults, "discord.preview_after_milliseconds", after, 0..=600_000);
        within(faults, "discord.preview_every_milliseconds", every, 200..=600_000);
        within(faults, "discord.stop_within_seconds", self.stop_within_seconds, 1..=600);
        if !self.api_base.is_empty() && !is_loopback(&self.api_base) {
            faults.push(
                "discord.api_base is not on this machine: leave it out, or use http://127.0.0.1:PORT"
                    .to_owned(),
            );
        }
    }
}

/// Whether an address is `http://` and a loopback address with a port, and nothing more.
fn is_loopback(address: &str) -> bool {
    let Some(host) = address.strip_prefix("http://") else { return false };
    let Some((host, port)) = host.trim_end_matches('/').rsplit_once(':') else { return false };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    port.parse::<u16>().is_ok()
        && (host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()))
}

impl EngineSection {
    /// Notes what makes no sense.
    pub(super) fn check(&self, faults: &mut Vec<String>) {
        within(faults, "engine.queue", self.queue, 1..=10_000);
        within(faults, "engine.batch", self.batch, 1..=64);
        within(faults, "engine.gather_milliseconds", self.gather_milliseconds, 0..=1_000);
    }
}

impl LimitSettings {
    /// Notes what makes no sense.
    pub(super) fn check(&self, faults: &mut Vec<String>) {
        let range = 1..=GuildSettings::MOST_PER_MINUTE;
        within(faults, "limits.member_per_minute", self.member_per_minute, range.clone());
        within(faults, "limits.guild_per_minute", self.guild_per_minute, 1..=100_000);
        within(faults, "limits.user_per_minute", self.user_per_minute, range);
        within(faults, "limits.most_steps", self.most_steps, 1..=Steps::MOST);
        within(faults, "limits.most_remembered", self.most_remembered, 1_000..=100_000_000);
    }
}

impl CacheSettings {
    /// Notes what makes no sense.
    pub(super) fn check(&self, faults: &mut Vec<String>) {
        within(faults, "cache.megabytes", self.megabytes, 0..=65_536);
    }
}

impl StoreSettings {
    /// Notes what makes no sense.
    pub(super) fn check(&self, faults: &mut Vec<String>) {
        within(faults, "store.keep_days", self.keep_days, 1..=GuildSettings::MOST_DAYS);
    }

    /// The database's file.
    pub fn path(&self) -> PathBuf {
        if !self.file.is_empty() {
            return self.file.clone().into();
        }
        let folders = directories::ProjectDirs::from("", "", "glyffuse");
        let folder = folders.map(|folders| folders.data_dir().to_owned());
        folder.unwrap_or_else(|| PathBuf::from("data")).join("glyffuse.db")
    }
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_this_machine_may_stand_in_for_discord() {
        for address in ["http://127.0.0.1:80", "http://[::1]:8080/", "http://localhost:1"] {
            assert!(is_loopback(address), "{address}");
        }
        for address in [
            "https://127.0.0.1:80",
            "http://discord.com:80",
            "http://127.0.0.1",
            "http://127.0.0.1.evil.com:80",
            "http://evil.com/127.0.0.1:80",
            "http://127.0.0.1:80@evil.com",
            "http://127.0.0.1:80@evil.com:80",
        ] {
            assert!(!is_loopback(address), "{address}");
        }
    }
}
