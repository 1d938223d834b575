//! What comes in from the gateway, handed to those who know what to do.
use super::Bot;
use super::call::Call;
use super::payload::field;
use crate::measures;
use serenity::all::{
    Context, EventHandler, Guild, Interaction, Ready, ResumedEvent, UnavailableGuild,
};
use serenity::async_trait;
use std::sync::Arc;
use std::time::Instant;

/// Serenity's view of the bot.
pub struct Handler(pub Arc<Bot>);

#[async_trait]
impl EventHandler for Handler {
    async fn ready(&self, _: Context, ready: Ready) {
        let shards = ready.shard.map_or(1, |shard| shard.total);
        self.0.logins.note(Instant::now(), shards);
        measures::login("new");
        tracing::info!(guilds = ready.guilds.len(), "connected to Discord as {}", ready.user.name);
    }

    async fn resume(&self, _: Context, _: ResumedEvent) {
        measures::login("resumed");
        tracing::info!("the connection to Discord was resumed");
    }

    async fn guild_create(&self, _: Context, guild: Guild, _: Option<bool>) {
        if let Err(error) = self.0.rules.load(&self.0.store, guild.id.get()).await {
            tracing::warn!(guild = guild.id.get(), %error, "the settings of a guild cannot be read");
        }
    }

    async fn guild_delete(&self, _: Context, guild: UnavailableGuild, _: Option<Guild>) {
        // An outage of Discord makes a guild unavailable; only else the bot was removed.
        if guild.unavailable {
            return;
        }
        let guild = guild.id.get();
        self.0.rules.forget(guild);
        match self.0.store.forget_guild(guild).await {
            Ok(()) => {
                self.0.scrub().await;
                tracing::info!(guild, "the bot was removed: everything of the guild is deleted");
            }
            Err(error) => tracing::error!(guild, %error, "a guild's data cannot be deleted"),
        }
    }

    async fn interaction_create(&self, context: Context, interaction: Interaction) {
        let bot = Arc::clone(&self.0);
        let task = self.0.tasks.track_future(async move {
            let http = Arc::clone(&context.http);
            let leaving = &bot.leaving;
            let (request, sent) = match &interaction {
                Interaction::Command(command) => {
                    measures::interaction("command");
                    let call = Call::of_command(http, command);
                    (call.request(), call.settle(leaving, bot.command(&call, command)).await)
                }
                Interaction::Autocomplete(command) => {
                    measures::interaction("autocomplete");
                    let call = Call::of_command(http, command);
                    let option = command.data.autocomplete();
                    let (name, typed) =
                        option.map_or(("", ""), |option| (option.name, option.value));
                    (call.request(), bot.suggest(&call, name, typed).await)
                }
                Interaction::Component(component) => {
                    measures::interaction("button");
                    let call = Call::of_component(http, component);
                    let pressed = bot.press(&call, &component.data.custom_id);
                    (call.request(), call.settle(leaving, pressed).await)
                }
                Interaction::Modal(modal) => {
                    measures::interaction("form");
                    let call = Call::of_modal(http, modal);
                    let filled = bot.send_form(&call, &modal.data.custom_id, field(modal));
                    (call.request(), call.settle(leaving, filled).await)
                }
                _ => return,
            };
            if let Err(error) = sent {
                // The error's text may hold what was sent: only its kind goes to the log.
                let reason = super::gateway::plain(&error);
                tracing::warn!(request, reason, "Discord did not take an answer");
            }
        });
        task.await;
    }
}
