//! What is offered while somebody types: one's own prompts, the server's, names of things the model
//! draws.
use super::Bot;
use super::call::Call;
use crate::store::Store;
use serenity::all::{AutocompleteChoice, CreateAutocompleteResponse, CreateInteractionResponse};
use std::time::Duration;

/// Most suggestions that Discord shows, and most characters of one.
const MOST: usize = 25;
const LONGEST: usize = 100;
/// How long somebody who types waits for the store.
const PATIENCE: Duration = Duration::from_millis(400);

impl Bot {
    /// Suggests for an option of a command.
    ///
    /// # Errors
    /// When Discord does not take the answer.
    pub async fn suggest(&self, call: &Call, option: &str, typed: &str) -> serenity::Result<()> {
        let offers = match option {
            "name" => self.saved_names(call).await,
            _ => self.prompts(call).await,
        };
        let choices = matching(offers, typed);
        let choices = choices.into_iter().map(|text| AutocompleteChoice::new(text.clone(), text));
        let response = CreateAutocompleteResponse::new().set_choices(choices.collect());
        call.respond(CreateInteractionResponse::Autocomplete(response)).await
    }

    async fn prompts(&self, call: &Call) -> Vec<String> {
        let rules = self.rules_for(call).await;
        let mut offers = Vec::new();
        let user = call.user.get();
        let lookup = async {
            let mut found = self.store.recent_prompts(user, MOST as u32).await?;
            if let Some(guild) = call.guild.filter(|_| rules.sharing) {
                found.extend(self.store.popular_prompts(guild.get(), MOST as u32).await?);
            }
            Ok::<_, crate::store::StoreError>(found)
        };
        // Without the store there are still the model's own words.
        if let Ok(Ok(found)) = tokio::time::timeout(PATIENCE, lookup).await {
            offers.extend(found.into_iter().map(String::from));
        }
        offers.extend(self.studio.concepts().iter().cloned());
        offers
    }

    async fn saved_names(&self, call: &Call) -> Vec<String> {
        let store: &Store = &self.store;
        let lookup = store.saved_prompts(call.user.get());
        match tokio::time::timeout(PATIENCE, lookup).await {
            Ok(Ok(saved)) => saved.into_iter().map(|(name, _)| name).collect(),
            _ => Vec::new(),
        }
    }
}

/// The offers that hold what was typed, those that begin with it first, each once.
pub(super) fn matching(offers: Vec<String>, typed: &str) -> Vec<String> {
    let typed = typed.trim().to_lowercase();
    let mut seen = std::collections::HashSet::new();
    let fits = |offer: &String| {
        let lower = offer.to_lowercase();
        lower.contains(&typed) && offer.chars().count() <= LONGEST && seen.insert(lower)
    };
    let mut found: Vec<_> = offers.into_iter().filter(fits).collect();
    found.sort_by_key(|offer| !offer.to_lowercase().starts_with(&typed));
    found.truncate(MOST);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_with_the_typed_comes_first_and_nothing_twice() {
        let offers = ["a cat", "Cat", "dog", "caterpillar", "cat"].map(str::to_owned).to_vec();
        assert_eq!(matching(offers, " CAT"), ["Cat", "caterpillar", "a cat"]);
    }

    #[test]
    fn no_more_and_no_longer_than_discord_shows() {
        let mut offers: Vec<_> = (0..40).map(|number| format!("x{number}")).collect();
        offers.insert(0, "x".repeat(101));
        let found = matching(offers, "");
        assert_eq!((found.len(), found[0].as_str()), (25, "x0"));
    }
}
