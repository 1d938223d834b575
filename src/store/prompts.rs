//! Prompts that people saved under a name.
use super::{Store, StoreError, id, now};
use crate::domain::Prompt;
use thiserror::Error;

/// Why a prompt was not saved.
#[derive(Debug, Error)]
pub enum SaveError {
    /// There are too many already.
    #[error("{0} prompts are saved already")]
    TooMany(u32),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<E: Into<sqlx::Error>> From<E> for SaveError {
    fn from(error: E) -> Self {
        Self::Store(StoreError::from(error.into()))
    }
}

impl Store {
    /// Most prompts of one user.
    pub const MOST_SAVED: u32 = 50;

    /// Saves a prompt in place of the one of that name.
    ///
    /// # Errors
    /// [`SaveError`].
    pub async fn save_prompt(
        &self,
        user: u64,
        name: &str,
        prompt: &Prompt,
    ) -> Result<(), SaveError> {
        let sealed = self.cipher.seal(prompt)?;
        let saved = sqlx::query(
            "INSERT INTO saved_prompts (user_id, name, prompt, created_at)
             SELECT ?1, ?2, ?3, ?4
             WHERE (SELECT count(*) FROM saved_prompts WHERE user_id = ?1 AND name <> ?2) < ?5
             ON CONFLICT (user_id, name) DO UPDATE SET prompt = excluded.prompt",
        )
        .bind(id(user))
        .bind(name)
        .bind(sealed)
        .bind(now())
        .bind(Self::MOST_SAVED)
        .execute(&self.pool)
        .await?;
        match saved.rows_affected() {
            0 => Err(SaveError::TooMany(Self::MOST_SAVED)),
            _ => Ok(()),
        }
    }

    /// All prompts of a user by name, but those that were sealed with another key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn saved_prompts(&self, user: u64) -> Result<Vec<(String, Prompt)>, StoreError> {
        let rows: Vec<(String, Vec<u8>)> = sqlx::query_as(
            "SELECT name, prompt FROM saved_prompts WHERE user_id = ?1 ORDER BY name",
        )
        .bind(id(user))
        .fetch_all(&self.pool)
        .await?;
        let open = |(name, prompt): (_, Vec<u8>)| Some((name, self.cipher.open(&prompt).ok()?));
        Ok(rows.into_iter().filter_map(open).collect())
    }

    /// One prompt of a user.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn saved_prompt(&self, user: u64, name: &str) -> Result<Option<Prompt>, StoreError> {
        let sealed: Option<Vec<u8>> =
            sqlx::query_scalar("SELECT prompt FROM saved_prompts WHERE user_id = ?1 AND name = ?2")
                .bind(id(user))
                .bind(name)
                .fetch_optional(&self.pool)
                .await?;
        sealed.map(|prompt| self.cipher.open(&prompt)).transpose()
    }

    /// Forgets a prompt; whether there was one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_prompt(&self, user: u64, name: &str) -> Result<bool, StoreError> {
        let gone = sqlx::query("DELETE FROM saved_prompts WHERE user_id = ?1 AND name = ?2")
            .bind(id(user))
            .bind(name)
            .execute(&self.pool)
            .await?;
        Ok(gone.rows_affected() > 0)
    }
}
