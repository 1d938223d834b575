//! What the bot remembers about itself.
use super::{Store, StoreError};

impl Store {
    /// A note by its name.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn note(&self, name: &str) -> Result<Option<String>, StoreError> {
        let value = sqlx::query_scalar("SELECT value FROM notes WHERE name = ?1")
            .bind(name)
            .fetch_optional(&self.pool)
            .await?;
        Ok(value)
    }

    /// Writes a note down in place of the one before.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn set_note(&self, name: &str, value: &str) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO notes (name, value) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )
        .bind(name)
        .bind(value)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
