//! What the admins of a guild have settled.
use super::{CanvasSize, Style};

/// Settings of one guild; what is `None` follows the operator's configuration.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GuildSettings {
    /// Drawings a minute of one member.
    pub member_per_minute: Option<u32>,
    /// Drawings a minute of the whole guild.
    pub guild_per_minute: Option<u32>,
    /// Channels in which may be drawn; empty allows all.
    pub channels: Vec<u64>,
    /// The size that is used when nobody says.
    pub size: Option<CanvasSize>,
    /// The style that is used when nobody says.
    pub style: Option<Style>,
    /// Days after which drawings are forgotten.
    pub keep_days: Option<u32>,
    /// Whether drawings may be shared in the gallery and prompts suggested to others.
    pub sharing: Option<bool>,
}

impl GuildSettings {
    /// Most drawings a minute that may be set.
    pub const MOST_PER_MINUTE: u32 = 600;
    /// Longest time that drawings may be kept.
    pub const MOST_DAYS: u32 = 3650;
    /// Most channels in the list.
    pub const MOST_CHANNELS: usize = 50;
}
