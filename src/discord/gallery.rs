//! The gallery of a guild: sharing, looking, voting, remixing, taking down.
use super::Bot;
use super::buttons::{form, options};
use super::call::{Answered, Call, Letter};
use super::custom_id::Action;
use super::draw::{Order, button};
use super::error::Problem;
use super::reply::{self, escape};
use crate::domain::Prompt;
use crate::service::Options;
use crate::store::{Exhibit, GalleryView};
use serenity::all::{ButtonStyle, CreateActionRow, CreateButton, CreateInteractionResponse};

impl Bot {
    /// Hangs a drawing into the gallery of the guild where it was made.
    pub async fn share(&self, call: &Call, id: i64) -> Answered {
        let rules = self.may_draw(call).await?;
        let guild = in_guild(call)?;
        let stored = self.store.drawing(id).await?.ok_or(Problem::TooOld)?;
        if stored.drawing.user != call.user.get() {
            return Err(Problem::NotAllowed("the one who asked for it"));
        }
        if !rules.sharing || stored.drawing.private || stored.drawing.guild != Some(guild) {
            return Err(Problem::Wrong("Sharing is switched off for this drawing.".to_owned()));
        }
        let art = call.message.as_ref().and_then(|message| reply::art_of(&message.content));
        let art = art.ok_or(Problem::TooOld)?;
        let (number, new) = self.store.share(guild, &stored, &art).await?;
        let said = match new {
            true => format!("It hangs in the gallery now, as number {number}: see `/gallery new`."),
            false => format!("It hangs in the gallery already, as number {number}."),
        };
        Ok(call.answer(Letter::private(said)).await)
    }

    /// `/gallery`: the first page of a view.
    pub async fn open_gallery(&self, call: &Call, view: GalleryView) -> Answered {
        let letter = self.page(call, view, 0, call.user.get()).await?;
        Ok(call.answer(letter).await)
    }

    /// Turns to another page.
    pub async fn turn_page(
        &self,
        call: &Call,
        view: GalleryView,
        offset: u32,
        viewer: u64,
    ) -> Answered {
        if call.user.get() != viewer {
            return Err(Problem::NotAllowed("the one who opened the gallery"));
        }
        let letter = self.page(call, view, offset, viewer).await?;
        Ok(call.update(letter).await)
    }

    async fn page(
        &self,
        call: &Call,
        view: GalleryView,
        offset: u32,
        viewer: u64,
    ) -> Result<Letter, Problem> {
        let guild = in_guild(call)?;
        let (exhibit, count) = self.store.exhibit_at(guild, viewer, view, offset).await?;
        let Some(exhibit) = exhibit else {
            let said = match (view, count) {
                (GalleryView::Mine, 0) => {
                    "You have not shared a drawing here yet: press **Share** under one of yours."
                }
                (_, 0) => "The gallery is empty yet: press **Share** under a drawing of yours.",
                _ => "There is nothing further on: it was taken down meanwhile.",
            };
            return Ok(Letter::private(said));
        };
        let last = count.saturating_sub(1);
        let (previous, next) = match view {
            GalleryView::Random => (None, Some(offset.wrapping_add(1))),
            _ => (offset.checked_sub(1), (offset < last).then(|| offset + 1)),
        };
        let turn = |to: Option<u32>, label: &str, spare: u32| {
            // A custom id may stand only once in a message.
            let offset = to.unwrap_or(spare);
            CreateButton::new(Action::Page { view, offset, viewer }.to_string())
                .style(ButtonStyle::Secondary)
                .label(label)
                .disabled(to.is_none())
        };
        let vote = button(Action::Vote(exhibit.id), '💛', &exhibit.votes.to_string());
        let row = vec![
            turn(previous, "Previous", u32::MAX),
            vote,
            turn(next, "Next", u32::MAX - 1),
            button(Action::Remix(exhibit.id), '🎨', "Remix"),
            button(Action::Remove(exhibit.id), '❌', "Take down"),
        ];
        let place = match view {
            GalleryView::Random => format!("{count} in all"),
            _ => format!("{} of {count}", offset + 1),
        };
        let content = caption(&exhibit, &place);
        Ok(Letter { rows: vec![CreateActionRow::Buttons(row)], ..Letter::open(content) })
    }

    /// Votes, or takes the vote back.
    pub async fn vote(&self, call: &Call, id: i64) -> Answered {
        let rules = self.rules_for(call).await;
        if rules.blocked.contains(&call.user.get()) {
            return Err(Problem::Blocked);
        }
        self.exhibit_here(call, id).await?;
        let voted = self.store.toggle_vote(id, call.user.get()).await?;
        let votes = self.exhibit_here(call, id).await?.votes;
        let said = match voted {
            true => format!("Your vote counts: number {id} has {votes} now."),
            false => format!("Your vote is taken back: number {id} has {votes} now."),
        };
        Ok(call.answer(Letter::private(said)).await)
    }

    /// Opens a form with the prompt of an exhibit.
    pub async fn open_remix(&self, call: &Call, id: i64) -> Answered {
        let exhibit = self.exhibit_here(call, id).await?;
        let form = form(call, Action::Remix(id), "Remix", &exhibit.recipe.prompt);
        Ok(call.respond(CreateInteractionResponse::Modal(form)).await)
    }

    /// Draws the changed prompt of an exhibit, in its style and from its seed.
    pub async fn draw_remix(&self, call: &Call, id: i64, text: &str) -> Answered {
        let rules = self.may_draw(call).await?;
        let prompt = Prompt::new(text)?;
        let exhibit = self.exhibit_here(call, id).await?;
        let seed = Some(exhibit.recipe.seed);
        let order = Order::new(self, prompt, &Options { seed, ..options(&exhibit.recipe) }, false);
        Ok(self.draw(call, order, &rules).await)
    }

    /// Takes an exhibit down: its author, or a moderator.
    pub async fn remove(&self, call: &Call, id: i64) -> Answered {
        let exhibit = self.exhibit_here(call, id).await?;
        if exhibit.user != call.user.get() && !call.is_moderator() {
            return Err(Problem::NotAllowed("the one who shared it, or a moderator,"));
        }
        self.store.remove_exhibit(id).await?;
        Ok(call.update(Letter::open(format!("Number {id} was taken down."))).await)
    }

    /// An exhibit of the guild of the call: numbers of others are nobody's business.
    async fn exhibit_here(&self, call: &Call, id: i64) -> Result<Exhibit, Problem> {
        let guild = in_guild(call)?;
        let exhibit = self.store.exhibit(id).await?.filter(|exhibit| exhibit.guild == guild);
        exhibit.ok_or_else(|| Problem::Wrong("That drawing was taken down meanwhile.".to_owned()))
    }
}

fn in_guild(call: &Call) -> Result<u64, Problem> {
    let outside = || Problem::Wrong("Galleries belong to servers: use this in one.".to_owned());
    call.guild.map(|guild| guild.get()).ok_or_else(outside)
}

/// Art, prompt, author and place; the prompt is shortened where it would not fit.
fn caption(exhibit: &Exhibit, place: &str) -> String {
    let fenced = reply::fence(&exhibit.art);
    let tail = format!(" · by <@{}> · number {} · {place}", exhibit.user, exhibit.id);
    let prompt = exhibit.recipe.prompt.as_str();
    let room = reply::LONGEST.saturating_sub(fenced.chars().count() + tail.chars().count() + 6);
    let mut shown = escape(prompt);
    let mut kept = prompt.chars().count();
    while shown.encode_utf16().count() > room && kept > 0 {
        kept -= 1;
        shown = escape(&prompt.chars().take(kept).collect::<String>()) + "…";
    }
    format!("{fenced}\n**{shown}**{tail}")
}
