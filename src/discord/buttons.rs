//! What the buttons under a drawing and the forms do.
use super::Bot;
use super::call::{Answered, Call, Letter};
use super::custom_id::{Action, BROUGHT};
use super::draw::Order;
use super::error::Problem;
use super::reply;
use crate::domain::{Prompt, Recipe, Variation};
use crate::service::Options;
use crate::store::StoredDrawing;
use serenity::all::{
    CreateActionRow, CreateAttachment, CreateInputText, CreateInteractionResponse, CreateModal,
    InputTextStyle,
};

/// The name of the text field of a form.
pub const FIELD: &str = "text";

impl Bot {
    /// A button was pressed.
    ///
    /// # Errors
    /// What the one who pressed it is to be told.
    pub async fn press(&self, call: &Call, custom_id: &str) -> Answered {
        match custom_id.parse().map_err(|()| Problem::TooOld)? {
            Action::Again(id) => self.again(call, id).await,
            Action::Vary(id) => self.vary(call, id).await,
            Action::Edit(id) => self.open_form(call, id).await,
            Action::Recipe(id) => self.recipe(call, id).await,
            Action::Delete { author } => self.delete(call, author).await,
            Action::Share(id) => self.share(call, id).await,
            Action::Page { view, offset, viewer } => {
                self.turn_page(call, view, offset, viewer).await
            }
            Action::Vote(id) => self.vote(call, id).await,
            Action::Remix(id) => self.open_remix(call, id).await,
            Action::Remove(id) => self.remove(call, id).await,
            Action::ExportMine => self.export(call).await,
            Action::DeleteMine => self.ask_to_forget(call).await,
            Action::DeleteMineForSure => self.forget(call).await,
        }
    }

    /// A form was sent.
    ///
    /// # Errors
    /// What the one who sent it is to be told.
    pub async fn send_form(&self, call: &Call, custom_id: &str, text: &str) -> Answered {
        match custom_id.parse() {
            Ok(Action::Edit(id)) => self.draw_edited(call, id, text).await,
            Ok(Action::Remix(id)) => self.draw_remix(call, id, text).await,
            _ => Err(Problem::TooOld),
        }
    }

    /// A drawing that a button belongs to. What is private is its author's business alone.
    async fn stored(&self, call: &Call, id: i64) -> Result<StoredDrawing, Problem> {
        let stored = self.store.drawing(id).await?.ok_or(Problem::TooOld)?;
        match stored.drawing.private && stored.drawing.user != call.user.get() {
            true => Err(Problem::TooOld),
            false => Ok(stored),
        }
    }

    /// The next variation: one that no button has given yet.
    async fn again(&self, call: &Call, id: i64) -> Answered {
        let rules = self.may_draw(call).await?;
        let stored = self.stored(call, id).await?;
        let taken = self.store.next_variation(stored.root()).await?;
        // A forgotten root leaves its descendants: they count on from themselves.
        let variation = taken.unwrap_or(stored.drawing.variation + 1);
        let variation: Variation = variation.to_string().parse().map_err(|_| Problem::TooOld)?;
        let recipe = &stored.drawing.recipe;
        let options = Options { seed: stored.drawing.given_seed, ..options(recipe) };
        let manifest = self.studio.manifest();
        let request = crate::service::request(manifest, recipe.prompt.clone(), variation, &options);
        let order = Order {
            request,
            private: call.is_private(),
            given_seed: stored.drawing.given_seed,
            variation,
            root: taken.map(|_| stored.root()),
            notes: Vec::new(),
            coloured: is_coloured(call),
        };
        Ok(self.draw(call, order, &rules).await)
    }

    /// The same drawing with a small change.
    async fn vary(&self, call: &Call, id: i64) -> Answered {
        let rules = self.may_draw(call).await?;
        let stored = self.stored(call, id).await?;
        let mut order = Order::of_recipe(self, &stored.drawing.recipe, call.is_private())?;
        // Counted at the root of the row, so that no two buttons give the same; where that is
        // forgotten, from here.
        order.request.change = match self.store.next_change(stored.root()).await? {
            Some(change) => change,
            None => {
                let change = self.store.next_change(id).await?.ok_or(Problem::TooOld)?;
                stored.drawing.recipe.change.saturating_add(change)
            }
        };
        order.given_seed = stored.drawing.given_seed;
        order.variation = stored.drawing.variation.to_string().parse().unwrap_or(Variation::FIRST);
        order.root = stored.drawing.root;
        order.coloured = is_coloured(call);
        Ok(self.draw(call, order, &rules).await)
    }

    async fn open_form(&self, call: &Call, id: i64) -> Answered {
        let stored = self.stored(call, id).await?;
        let form = form(call, Action::Edit(id), "Edit the prompt", &stored.drawing.recipe.prompt);
        Ok(call.respond(CreateInteractionResponse::Modal(form)).await)
    }

    async fn draw_edited(&self, call: &Call, id: i64, text: &str) -> Answered {
        let rules = self.may_draw(call).await?;
        let prompt = Prompt::new(text)?;
        let stored = self.stored(call, id).await?;
        let options = Options {
            seed: stored.drawing.given_seed,
            change: 0,
            ..options(&stored.drawing.recipe)
        };
        let mut order = Order::new(self, prompt, &options, call.is_private());
        order.coloured = is_coloured(call);
        Ok(self.draw(call, order, &rules).await)
    }

    /// Everything that is needed to draw it again, and the text to copy.
    async fn recipe(&self, call: &Call, id: i64) -> Answered {
        let stored = self.stored(call, id).await?;
        let recipe = &stored.drawing.recipe;
        let json =
            serde_json::to_string(recipe).map_err(|error| Problem::Wrong(error.to_string()))?;
        let (content, code) = reply::recipe_message(recipe);
        let mut files =
            vec![CreateAttachment::bytes(json, "recipe.json").description("The recipe")];
        if let Some(code) = code {
            files
                .push(CreateAttachment::bytes(code, "recipe.txt").description("The recipe's code"));
        }
        let art = call.message.as_ref().and_then(|message| reply::art_of(&message.content));
        if let Some(art) = art {
            files.push(
                CreateAttachment::bytes(art, "drawing.txt").description("The drawing as text"),
            );
        }
        let letter = Letter { files, ..Letter::private(content) };
        Ok(call.answer(letter).await)
    }

    async fn delete(&self, call: &Call, author: u64) -> Answered {
        if call.user.get() != author && !call.is_moderator() {
            return Err(Problem::NotAllowed("the one who asked for it, or a moderator,"));
        }
        if let Err(error) = call.respond(CreateInteractionResponse::Acknowledge).await {
            return Ok(Err(error));
        }
        Ok(call.delete().await)
    }
}

/// Whether the drawing that a button hangs on is shown in colours: what comes of it is, too.
fn is_coloured(call: &Call) -> bool {
    call.message.as_ref().is_some_and(|message| reply::is_coloured(&message.content))
}

/// The options of a drawing, to draw another one like it.
pub fn options(recipe: &Recipe) -> Options {
    Options {
        size: recipe.size,
        style: recipe.style,
        charset: recipe.charset.clone(),
        seed: None,
        steps: Some(recipe.steps),
        guidance_scale: Some(recipe.guidance_scale),
        sampler: Some(recipe.sampler),
        kind: Some(recipe.kind.clone()),
        change: 0,
        origin: recipe.origin.clone(),
        candidates: None,
    }
}

/// A form with a prompt to change.
pub fn form(call: &Call, action: Action, title: &str, prompt: &Prompt) -> CreateModal {
    let longest = Prompt::LONGEST as u16;
    let field = CreateInputText::new(InputTextStyle::Paragraph, "What to draw", FIELD)
        .value(prompt.as_str())
        .min_length(1)
        .max_length(longest)
        .required(true);
    let installation = if call.brought { BROUGHT } else { "" };
    CreateModal::new(format!("{action}{installation}"), title)
        .components(vec![CreateActionRow::InputText(field)])
}
