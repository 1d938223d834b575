//! The gallery of a guild: drawings that were shared, and the votes for them.
use super::drawings::{with_prompt, without_prompt, written};
use super::{Store, StoreError, StoredDrawing, id, now};
use crate::domain::Recipe;
use sqlx::{AssertSqlSafe, FromRow};

/// In which order a gallery is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GalleryView {
    /// The newest first.
    New,
    /// The most votes first.
    Top,
    /// Any.
    Random,
    /// One member's own, the newest first.
    Mine,
}

/// A shared drawing.
#[derive(Debug, Clone)]
pub struct Exhibit {
    /// Its number.
    pub id: i64,
    /// The guild in whose gallery it hangs.
    pub guild: u64,
    /// Who shared it.
    pub user: u64,
    /// How to draw it again.
    pub recipe: Recipe,
    /// The characters, as they were posted.
    pub art: String,
    /// Votes.
    pub votes: u32,
    /// Seconds since 1970.
    pub shared_at: i64,
}

#[derive(FromRow)]
struct Row {
    id: i64,
    guild_id: i64,
    user_id: i64,
    prompt: Vec<u8>,
    recipe: String,
    art: String,
    votes: u32,
    shared_at: i64,
}

/// The columns of [`Row`].
const EXHIBIT: &str = "SELECT id, guild_id, user_id, prompt, recipe, art, shared_at,
    (SELECT count(*) FROM votes WHERE gallery_id = gallery.id) AS votes FROM gallery";

impl Store {
    /// Hangs a drawing into the gallery of its guild; the number of the exhibit, and whether it is
    /// new there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn share(
        &self,
        guild: u64,
        drawing: &StoredDrawing,
        art: &str,
    ) -> Result<(i64, bool), StoreError> {
        let recipe = &drawing.drawing.recipe;
        let new: Vec<i64> = sqlx::query_scalar(
            "INSERT INTO gallery (guild_id, user_id, drawing_id, prompt, recipe, art, shared_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (drawing_id) DO NOTHING RETURNING id",
        )
        .bind(id(guild))
        .bind(id(drawing.drawing.user))
        .bind(drawing.id)
        .bind(self.cipher.seal(&recipe.prompt)?)
        .bind(without_prompt(recipe)?)
        .bind(art)
        .bind(now())
        .fetch_all(&self.pool)
        .await?;
        if let Some(number) = written(new) {
            return Ok((number, true));
        }
        let number = sqlx::query_scalar("SELECT id FROM gallery WHERE drawing_id = ?1")
            .bind(drawing.id)
            .fetch_one(&self.pool)
            .await?;
        Ok((number, false))
    }

    /// The exhibit at `offset` of a view, and how many there are. `user` matters to [`GalleryView::Mine`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn exhibit_at(
        &self,
        guild: u64,
        user: u64,
        view: GalleryView,
        offset: u32,
    ) -> Result<(Option<Exhibit>, u32), StoreError> {
        let own = match view {
            GalleryView::Mine => "AND user_id = ?2",
            _ => "AND ?2 = ?2",
        };
        let order = match view {
            GalleryView::New | GalleryView::Mine => "id DESC",
            GalleryView::Top => "votes DESC, id DESC",
            GalleryView::Random => "random()",
        };
        // Put together from the constants above only.
        let count = format!("SELECT count(*) FROM gallery WHERE guild_id = ?1 {own}");
        let count: u32 = sqlx::query_scalar(AssertSqlSafe(count))
            .bind(id(guild))
            .bind(id(user))
            .fetch_one(&self.pool)
            .await?;
        let page =
            format!("{EXHIBIT} WHERE guild_id = ?1 {own} ORDER BY {order} LIMIT 1 OFFSET ?3");
        let offset = if view == GalleryView::Random { 0 } else { offset };
        let row: Option<Row> = sqlx::query_as(AssertSqlSafe(page))
            .bind(id(guild))
            .bind(id(user))
            .bind(offset)
            .fetch_optional(&self.pool)
            .await?;
        Ok((row.map(|row| self.exhibit_of(row)).transpose()?, count))
    }

    /// An exhibit by its number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn exhibit(&self, number: i64) -> Result<Option<Exhibit>, StoreError> {
        let row: Option<Row> = sqlx::query_as(AssertSqlSafe(format!("{EXHIBIT} WHERE id = ?1")))
            .bind(number)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| self.exhibit_of(row)).transpose()
    }

    /// Votes for an exhibit, or takes the vote back; whether there is one now.
    ///
    /// # Errors
    /// [`StoreError`], also when the exhibit is gone.
    pub async fn toggle_vote(&self, number: i64, user: u64) -> Result<bool, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let taken = sqlx::query("DELETE FROM votes WHERE gallery_id = ?1 AND user_id = ?2")
            .bind(number)
            .bind(id(user))
            .execute(&mut *transaction)
            .await?;
        let votes = taken.rows_affected() == 0;
        if votes {
            sqlx::query("INSERT INTO votes (gallery_id, user_id) VALUES (?1, ?2)")
                .bind(number)
                .bind(id(user))
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(votes)
    }

    /// Takes an exhibit down, votes included; whether it was there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_exhibit(&self, number: i64) -> Result<bool, StoreError> {
        let gone = sqlx::query("DELETE FROM gallery WHERE id = ?1")
            .bind(number)
            .execute(&self.pool)
            .await?;
        Ok(gone.rows_affected() > 0)
    }

    fn exhibit_of(&self, row: Row) -> Result<Exhibit, StoreError> {
        Ok(Exhibit {
            id: row.id,
            guild: row.guild_id.cast_unsigned(),
            user: row.user_id.cast_unsigned(),
            recipe: with_prompt(&row.recipe, self.cipher.open(&row.prompt)?)?,
            art: row.art,
            votes: row.votes,
            shared_at: row.shared_at,
        })
    }
}
