//! From an order to a message: rules, limits, acknowledgement, the forming drawing, the finished one.
use super::Bot;
use super::call::{Call, Letter};
use super::custom_id::Action;
use super::error::Problem;
use super::gateway::plain;
use super::guilds::Rules;
use super::reply::{self, Rendered};
use crate::domain::{DrawRequest, Prompt, Recipe, Seed, Variation};
use crate::engine::Estimate;
use crate::limits::Rate;
use crate::measures;
use crate::picture;
use crate::service::{self, Caller, Finished, Options, Studio, StudioError};
use crate::store::NewDrawing;
use serenity::all::{ButtonStyle, CreateActionRow, CreateAttachment, CreateButton};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

/// How long a drawing waits for the store: it is shown anyway.
const STORE_PATIENCE: Duration = Duration::from_secs(1);
/// How long a drawing out of the cache may take; it may have been thrown out since it was seen there.
const AT_ONCE: Duration = Duration::from_millis(500);

/// Something to be drawn for somebody.
#[derive(Debug, Clone)]
pub struct Order {
    /// What.
    pub request: DrawRequest,
    /// Whether only the one who asks sees it.
    pub private: bool,
    /// The seed that was asked for.
    pub given_seed: Option<Seed>,
    /// The number of the variation, from 1.
    pub variation: Variation,
    /// The first drawing of its row of variations.
    pub root: Option<i64>,
    /// What is said before it.
    pub notes: Vec<String>,
    /// Whether it is shown in the colours that its text names.
    pub coloured: bool,
}

impl Order {
    /// The first drawing of a prompt.
    pub fn new(bot: &Bot, prompt: Prompt, options: &Options, private: bool) -> Self {
        let manifest = bot.studio.manifest();
        Self {
            request: service::request(manifest, prompt, Variation::FIRST, options),
            private,
            given_seed: options.seed,
            variation: Variation::FIRST,
            root: None,
            notes: Vec::new(),
            coloured: false,
        }
    }

    /// What a text asks for: the drawing of a recipe's code, or the first drawing of the words.
    ///
    /// # Errors
    /// [`Problem`] when the text is no prompt, or a code that cannot be followed.
    pub fn of_text(
        bot: &Bot,
        text: &str,
        options: &Options,
        private: bool,
    ) -> Result<Self, Problem> {
        match Recipe::is_code(text) {
            true => Self::of_recipe(bot, &Recipe::parse(text)?, private),
            false => Ok(Self::new(bot, Prompt::new(text)?, options, private)),
        }
    }

    /// A recipe that somebody brought along.
    ///
    /// # Errors
    /// [`Problem::Draw`] for another model's, [`Problem::Wrong`] for one that is too dear.
    pub fn of_recipe(bot: &Bot, recipe: &Recipe, private: bool) -> Result<Self, Problem> {
        let request = service::follow(bot.studio.manifest(), recipe)?;
        let most = bot.limits.most_steps;
        if request.steps.get() > most {
            let steps = request.steps.get();
            return Err(Problem::Wrong(format!(
                "That recipe takes {steps} steps, and this bot takes up to {most}: draw it in the terminal."
            )));
        }
        let given_seed = Some(request.seed);
        let variation = Variation::FIRST;
        Ok(Self {
            request,
            private,
            given_seed,
            variation,
            root: None,
            notes: Vec::new(),
            coloured: false,
        })
    }
}

impl Bot {
    /// The rules where a call comes from.
    pub async fn rules_for(&self, call: &Call) -> Arc<Rules> {
        match call.guild {
            Some(guild) => self.rules.of(&self.store, guild.get()).await,
            None => self.rules.outside(),
        }
    }

    /// The rules where a call comes from, if its author may draw there.
    ///
    /// # Errors
    /// `Problem::Blocked`, `Problem::OtherChannel`, `Problem::Stopping`.
    pub async fn may_draw(&self, call: &Call) -> Result<Arc<Rules>, Problem> {
        if self.stopping.is_cancelled() {
            return Err(Problem::Stopping);
        }
        let rules = self.rules_for(call).await;
        if rules.blocked.contains(&call.user.get()) {
            return Err(Problem::Blocked);
        }
        let channels = &rules.settings.channels;
        // A thread, or a post of a forum, is allowed with its channel.
        let mut places = [Some(call.channel), call.parent].into_iter().flatten();
        if !channels.is_empty() && !places.any(|place| channels.contains(&place.get())) {
            return Err(Problem::OtherChannel(channels.clone()));
        }
        Ok(rules)
    }

    /// Whose budgets a call takes from.
    pub fn caller(&self, call: &Call, rules: &Rules) -> Caller {
        Caller {
            user: call.user.get(),
            guild: call.guild.map(|guild| (guild.get(), Rate(rules.per_guild))),
            rate: Rate(rules.per_person),
        }
    }

    /// Draws an order and answers the call with it.
    ///
    /// # Errors
    /// When Discord does not take the answer.
    pub async fn draw(&self, call: &Call, order: Order, rules: &Rules) -> serenity::Result<()> {
        let caller = self.caller(call, rules);
        let admission = match self.studio.admit(&caller, order.request.clone(), Instant::now()) {
            Ok(admission) => admission,
            Err(refusal) => return call.say(&refusal.into()).await,
        };
        // The prompt shows its length and a hash, never its words.
        tracing::debug!(request = call.request(), prompt = ?order.request.prompt, "let in");
        let (progress, estimates) = watch::channel(None);
        let cached = admission.is_cached();
        let mut run = std::pin::pin!(self.studio.run(admission, call.deadline, progress));
        let at_once = match cached {
            true => tokio::time::timeout(AT_ONCE, &mut run).await.ok(),
            false => None,
        };
        let result = match at_once {
            Some(result) => result,
            None => {
                call.defer(order.private).await?;
                self.show_forming(call, &order, run, estimates).await
            }
        };
        match result {
            Ok(finished) => {
                let letter = self.letter(call, &order, &finished, rules).await;
                call.answer(letter).await
            }
            Err(error) => call.say(&error.into()).await,
        }
    }

    /// Waits for a drawing and shows its estimates meanwhile, when it takes long.
    async fn show_forming(
        &self,
        call: &Call,
        order: &Order,
        mut run: Pin<&mut impl Future<Output = Result<Finished, StudioError>>>,
        mut estimates: watch::Receiver<Option<Estimate>>,
    ) -> Result<Finished, StudioError> {
        let every = Duration::from_millis(self.discord.preview_every_milliseconds);
        let after = Duration::from_millis(self.discord.preview_after_milliseconds);
        let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + after, every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                result = &mut run => return result,
                _ = ticks.tick() => {}
            }
            let newest = match estimates.has_changed() {
                Ok(true) => estimates.borrow_and_update().clone(),
                _ => None,
            };
            let Some(Estimate { steps_done, num_inference_steps, map }) = newest else { continue };
            let show = async {
                let drawing = Studio::preview(order.request.clone(), map).await?;
                let content = reply::forming(&drawing, steps_done, num_inference_steps);
                call.show(Letter::open(content)).await.err()
            };
            // A look that comes too late is not worth waiting for.
            tokio::select! {
                biased;
                result = &mut run => return result,
                failed = show => if let Some(error) = failed {
                    let reason = plain(&error);
                    tracing::debug!(request = call.request(), reason, "no look at a forming drawing");
                },
            }
        }
    }

    /// The message of a finished drawing, with buttons where the store knows it.
    async fn letter(
        &self,
        call: &Call,
        order: &Order,
        finished: &Finished,
        rules: &Rules,
    ) -> Letter {
        let new = NewDrawing {
            guild: call.guild.map(|guild| guild.get()),
            user: call.user.get(),
            recipe: finished.recipe.clone(),
            private: order.private,
            given_seed: order.given_seed,
            variation: order.variation.get(),
            root: order.root,
        };
        let number = match tokio::time::timeout(STORE_PATIENCE, self.store.record(&new)).await {
            Ok(Ok(number)) => Some(number),
            failed => {
                if failed.is_err() {
                    measures::store_error("timeout");
                }
                let reason = failed.ok().and_then(Result::err);
                tracing::warn!(request = call.request(), ?reason, "a drawing is not remembered");
                None
            }
        };
        let Rendered { content, overflow } =
            reply::finished(finished, &order.notes, order.coloured);
        let files = overflow.map_or_else(Vec::new, |text| {
            vec![
                CreateAttachment::bytes(text, "drawing.txt").description("The drawing as text"),
                CreateAttachment::bytes(picture::png(&finished.drawing), "drawing.png")
                    .description("The drawing as a picture"),
            ]
        });
        let shared = rules.sharing && call.guild.is_some() && !order.private;
        let rows = rows(number, call.user.get(), shared);
        Letter { content, rows, files, private: order.private }
    }
}

/// The buttons under a drawing; those that need the store only where it knows the drawing.
fn rows(number: Option<i64>, author: u64, shared: bool) -> Vec<CreateActionRow> {
    let delete = button(Action::Delete { author }, '❌', "Delete");
    let Some(id) = number else { return vec![CreateActionRow::Buttons(vec![delete])] };
    let mut rows = vec![CreateActionRow::Buttons(vec![
        button(Action::Again(id), '🔁', "Again"),
        button(Action::Vary(id), '🎲', "Vary"),
        button(Action::Edit(id), '📝', "Edit"),
        button(Action::Recipe(id), '📜', "Recipe"),
        delete,
    ])];
    if shared {
        let share = button(Action::Share(id), '📌', "Share");
        rows.push(CreateActionRow::Buttons(vec![share]));
    }
    rows
}

/// A button in the quiet style.
pub fn button(action: Action, emoji: char, label: &str) -> CreateButton {
    CreateButton::new(action.to_string()).style(ButtonStyle::Secondary).emoji(emoji).label(label)
}
