//! What a person, a guild or time takes away again.
use super::{Store, StoreError, id, now};
use serde_json::{Value, json};

impl Store {
    /// Everything that is stored about a user, for the user.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn export_user(&self, user: u64) -> Result<Value, StoreError> {
        let drawings: Vec<(i64, i64, Vec<u8>, String, bool, i64)> = sqlx::query_as(
            "SELECT id, guild_id, prompt, recipe, private, created_at FROM drawings
             WHERE user_id = ?1 ORDER BY id",
        )
        .bind(id(user))
        .fetch_all(&self.pool)
        .await?;
        let drawings = drawings.into_iter().map(|(number, guild, prompt, recipe, private, at)| {
            Ok(json!({
                "id": number,
                "guild_id": (guild != 0).then(|| guild.to_string()),
                "prompt": self.shown(&prompt),
                "recipe": serde_json::from_str::<Value>(&recipe)
                    .map_err(|_| StoreError::Corrupt("recipe"))?,
                "private": private,
                "created_at": at,
            }))
        });
        let gallery: Vec<(i64, i64, Vec<u8>, String, i64)> = sqlx::query_as(
            "SELECT id, guild_id, prompt, art, shared_at FROM gallery WHERE user_id = ?1 ORDER BY id",
        )
        .bind(id(user))
        .fetch_all(&self.pool)
        .await?;
        let gallery = gallery.into_iter().map(|(number, guild, prompt, art, at)| {
            json!({
                "id": number,
                "guild_id": guild.to_string(),
                "prompt": self.shown(&prompt),
                "art": art.lines().collect::<Vec<_>>(),
                "shared_at": at,
            })
        });
        let votes: Vec<i64> = sqlx::query_scalar("SELECT gallery_id FROM votes WHERE user_id = ?1")
            .bind(id(user))
            .fetch_all(&self.pool)
            .await?;
        let blocked: Vec<i64> =
            sqlx::query_scalar("SELECT guild_id FROM blocked_members WHERE user_id = ?1")
                .bind(id(user))
                .fetch_all(&self.pool)
                .await?;
        let saved: Vec<(String, Vec<u8>)> = sqlx::query_as(
            "SELECT name, prompt FROM saved_prompts WHERE user_id = ?1 ORDER BY name",
        )
        .bind(id(user))
        .fetch_all(&self.pool)
        .await?;
        let saved = saved.into_iter();
        let saved =
            saved.map(|(name, prompt)| json!({"name": name, "prompt": self.shown(&prompt)}));
        Ok(json!({
            "user_id": user.to_string(),
            "drawings": drawings.collect::<Result<Vec<_>, StoreError>>()?,
            "saved_prompts": saved.collect::<Vec<_>>(),
            "gallery": gallery.collect::<Vec<_>>(),
            "votes_for": votes,
            "blocked_in_guilds": blocked.iter().map(i64::to_string).collect::<Vec<_>>(),
        }))
    }

    /// A stored prompt for its owner; nothing where it was sealed with another key.
    fn shown(&self, sealed: &[u8]) -> Option<String> {
        self.cipher.open(sealed).ok().map(String::from)
    }

    /// Forgets a user everywhere, gallery and votes included; how many drawings, prompts, exhibits
    /// and votes that were. A guild's decision to block somebody stays.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_user(&self, user: u64) -> Result<u64, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let mut gone = 0;
        for query in [
            "DELETE FROM votes WHERE user_id = ?1",
            "DELETE FROM gallery WHERE user_id = ?1",
            "DELETE FROM saved_prompts WHERE user_id = ?1",
            "DELETE FROM drawings WHERE user_id = ?1",
        ] {
            let done = sqlx::query(query).bind(id(user)).execute(&mut *transaction).await?;
            gone += done.rows_affected();
        }
        transaction.commit().await?;
        Ok(gone)
    }

    /// Forgets a guild: settings, blocked members, gallery with votes, drawings.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_guild(&self, guild: u64) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        for query in [
            "DELETE FROM gallery WHERE guild_id = ?1",
            "DELETE FROM drawings WHERE guild_id = ?1",
            "DELETE FROM blocked_members WHERE guild_id = ?1",
            "DELETE FROM guild_settings WHERE guild_id = ?1",
        ] {
            sqlx::query(query).bind(id(guild)).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Overwrites what was forgotten in the journal too, where nobody reads just now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn scrub(&self) -> Result<(), StoreError> {
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.pool).await?;
        Ok(())
    }

    /// Forgets drawings that are older than their guild allows; outside guilds, and where nothing is
    /// set, older than `keep_days`. What hangs in a gallery stays there. How many those were.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_old(&self, keep_days: u32) -> Result<u64, StoreError> {
        let gone = sqlx::query(
            "DELETE FROM drawings WHERE created_at < ?1 - 86400 * coalesce(
                 (SELECT keep_days FROM guild_settings
                  WHERE guild_settings.guild_id = drawings.guild_id), ?2)",
        )
        .bind(now())
        .bind(keep_days)
        .execute(&self.pool)
        .await?;
        Ok(gone.rows_affected())
    }
}
