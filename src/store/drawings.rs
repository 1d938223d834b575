//! Recipes of the drawings that were made, for the buttons under them and for suggestions.
use super::{Store, StoreError, id, now};
use crate::domain::{Prompt, Recipe, Seed};
use sqlx::FromRow;

/// A drawing to remember.
#[derive(Debug, Clone)]
pub struct NewDrawing {
    /// The guild, where it was made in one.
    pub guild: Option<u64>,
    /// Who asked for it.
    pub user: u64,
    /// How to draw it again.
    pub recipe: Recipe,
    /// Whether only its author sees it.
    pub private: bool,
    /// The seed that was asked for; `None` where it follows from the words.
    pub given_seed: Option<Seed>,
    /// The number of the variation, from 1.
    pub variation: u32,
    /// The first drawing of its row of variations; `None` for that one itself.
    pub root: Option<i64>,
}

/// A drawing that is remembered.
#[derive(Debug, Clone)]
pub struct StoredDrawing {
    /// Its number.
    pub id: i64,
    /// What was told to the store.
    pub drawing: NewDrawing,
}

impl StoredDrawing {
    /// The first drawing of its row of variations.
    pub fn root(&self) -> i64 {
        self.drawing.root.unwrap_or(self.id)
    }
}

#[derive(FromRow)]
struct Row {
    id: i64,
    guild_id: i64,
    user_id: i64,
    prompt: Vec<u8>,
    recipe: String,
    private: bool,
    given_seed: Option<u32>,
    variation: u32,
    root_id: i64,
}

impl Store {
    /// Remembers a drawing; answers its number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn record(&self, new: &NewDrawing) -> Result<i64, StoreError> {
        let prompt = &new.recipe.prompt;
        // Number and root in one statement: a crash leaves all of it or nothing.
        let number: Vec<i64> = sqlx::query_scalar(
            "INSERT INTO drawings (guild_id, user_id, prompt, prompt_hash, recipe, private,
                 given_seed, variation, root_id, variations, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,
                 coalesce(?9, (SELECT seq + 1 FROM sqlite_sequence WHERE name = 'drawings'), 1),
                 ?8, ?10)
             RETURNING id",
        )
        .bind(id(new.guild.unwrap_or(0)))
        .bind(id(new.user))
        .bind(self.cipher.seal(prompt)?)
        .bind(self.cipher.hash(prompt))
        .bind(without_prompt(&new.recipe)?)
        .bind(new.private)
        .bind(new.given_seed.map(Seed::get))
        .bind(new.variation)
        .bind(new.root)
        .bind(now())
        .fetch_all(&self.pool)
        .await?;
        Ok(written(number).ok_or(sqlx::Error::RowNotFound)?)
    }

    /// A drawing by its number; `None` when it is forgotten.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn drawing(&self, number: i64) -> Result<Option<StoredDrawing>, StoreError> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT id, guild_id, user_id, prompt, recipe, private, given_seed, variation, root_id
             FROM drawings WHERE id = ?1",
        )
        .bind(number)
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let prompt = self.cipher.open(&row.prompt)?;
        Ok(Some(StoredDrawing {
            id: row.id,
            drawing: NewDrawing {
                guild: (row.guild_id != 0).then_some(row.guild_id.cast_unsigned()),
                user: row.user_id.cast_unsigned(),
                recipe: with_prompt(&row.recipe, prompt)?,
                private: row.private,
                given_seed: row.given_seed.map(Seed::new),
                variation: row.variation,
                root: Some(row.root_id),
            },
        }))
    }

    /// Hands out the next variation of a row: no two buttons give the same.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn next_variation(&self, root: i64) -> Result<Option<u32>, StoreError> {
        let next = sqlx::query_scalar(
            "UPDATE drawings SET variations = variations + 1 WHERE id = ?1 RETURNING variations",
        );
        Ok(written(next.bind(root).fetch_all(&self.pool).await?))
    }

    /// Hands out the next small change of a drawing.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn next_change(&self, number: i64) -> Result<Option<u32>, StoreError> {
        let next = sqlx::query_scalar(
            "UPDATE drawings SET changes = changes + 1 WHERE id = ?1 RETURNING changes",
        );
        Ok(written(next.bind(number).fetch_all(&self.pool).await?))
    }

    /// Those prompts that open: a change of the key leaves the older ones shut.
    fn readable(&self, sealed: &[Vec<u8>]) -> Vec<Prompt> {
        sealed.iter().filter_map(|prompt| self.cipher.open(prompt).ok()).collect()
    }

    /// What a user asked for lately, the newest first, each prompt once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn recent_prompts(&self, user: u64, most: u32) -> Result<Vec<Prompt>, StoreError> {
        let sealed: Vec<Vec<u8>> = sqlx::query_scalar(
            "SELECT prompt FROM (SELECT prompt, max(id) AS newest FROM drawings
             WHERE user_id = ?1 GROUP BY prompt_hash) ORDER BY newest DESC LIMIT ?2",
        )
        .bind(id(user))
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        Ok(self.readable(&sealed))
    }

    /// What at least two members of a guild asked for openly, the most wanted first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn popular_prompts(&self, guild: u64, most: u32) -> Result<Vec<Prompt>, StoreError> {
        let sealed: Vec<Vec<u8>> = sqlx::query_scalar(
            "SELECT prompt FROM drawings WHERE guild_id = ?1 AND private = 0 GROUP BY prompt_hash
             HAVING count(DISTINCT user_id) >= 2
             ORDER BY count(DISTINCT user_id) DESC, max(id) DESC LIMIT ?2",
        )
        .bind(id(guild))
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        Ok(self.readable(&sealed))
    }
}

/// What a writing statement gave back, of all its rows. SQLite commits after the last one: who asks for
/// the first alone (`fetch_one`) holds a number although the disk was full when it was written.
pub(super) fn written<T>(mut rows: Vec<T>) -> Option<T> {
    rows.pop()
}

/// A recipe without its prompt, which is stored sealed.
pub(super) fn without_prompt(recipe: &Recipe) -> Result<String, StoreError> {
    let mut value = serde_json::to_value(recipe).map_err(|_| StoreError::Corrupt("recipe"))?;
    if let Some(fields) = value.as_object_mut() {
        fields.remove("prompt");
    }
    Ok(value.to_string())
}

/// A stored recipe with its prompt.
pub(super) fn with_prompt(recipe: &str, prompt: Prompt) -> Result<Recipe, StoreError> {
    let wrong = |_| StoreError::Corrupt("recipe");
    let mut value: serde_json::Value = serde_json::from_str(recipe).map_err(wrong)?;
    value["prompt"] = String::from(prompt).into();
    serde_json::from_value(value).map_err(wrong)
}
