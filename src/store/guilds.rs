//! Settings and blocked members of guilds.
use super::{Store, StoreError, id};
use crate::domain::GuildSettings;
use sqlx::FromRow;

#[derive(FromRow)]
struct Row {
    member_per_minute: Option<u32>,
    guild_per_minute: Option<u32>,
    channels: String,
    size: Option<String>,
    style: Option<String>,
    keep_days: Option<u32>,
    sharing: Option<bool>,
}

impl Store {
    /// A guild's settings; the defaults where nobody has set any.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn guild_settings(&self, guild: u64) -> Result<GuildSettings, StoreError> {
        let row: Option<Row> = sqlx::query_as("SELECT * FROM guild_settings WHERE guild_id = ?1")
            .bind(id(guild))
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(GuildSettings::default()) };
        Ok(GuildSettings {
            member_per_minute: row.member_per_minute,
            guild_per_minute: row.guild_per_minute,
            channels: serde_json::from_str(&row.channels)
                .map_err(|_| StoreError::Corrupt("list of channels"))?,
            // A name that this version does not know falls back to the default.
            size: row.size.and_then(|name| name.parse().ok()),
            style: row.style.and_then(|name| name.parse().ok()),
            keep_days: row.keep_days,
            sharing: row.sharing,
        })
    }

    /// Keeps a guild's settings.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_guild_settings(
        &self,
        guild: u64,
        settings: &GuildSettings,
    ) -> Result<(), StoreError> {
        let channels = serde_json::to_string(&settings.channels)
            .map_err(|_| StoreError::Corrupt("list of channels"))?;
        sqlx::query(
            "INSERT OR REPLACE INTO guild_settings (guild_id, member_per_minute, guild_per_minute,
                 channels, size, style, keep_days, sharing) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )
        .bind(id(guild))
        .bind(settings.member_per_minute)
        .bind(settings.guild_per_minute)
        .bind(channels)
        .bind(settings.size.map(|size| size.name()))
        .bind(settings.style.map(|style| style.name()))
        .bind(settings.keep_days)
        .bind(settings.sharing)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The members of a guild that may not draw.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn blocked_members(&self, guild: u64) -> Result<Vec<u64>, StoreError> {
        let users: Vec<i64> =
            sqlx::query_scalar("SELECT user_id FROM blocked_members WHERE guild_id = ?1")
                .bind(id(guild))
                .fetch_all(&self.pool)
                .await?;
        Ok(users.into_iter().map(i64::cast_unsigned).collect())
    }

    /// Blocks a member, or lets it draw again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_blocked(
        &self,
        guild: u64,
        user: u64,
        blocked: bool,
    ) -> Result<(), StoreError> {
        let query = match blocked {
            true => sqlx::query("INSERT OR IGNORE INTO blocked_members VALUES (?1, ?2)"),
            false => {
                sqlx::query("DELETE FROM blocked_members WHERE guild_id = ?1 AND user_id = ?2")
            }
        };
        query.bind(id(guild)).bind(id(user)).execute(&self.pool).await?;
        Ok(())
    }
}
