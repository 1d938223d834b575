//! `/gallery`: what was shared in this server.
use super::{Answered, Arguments, in_guilds, option};
use crate::discord::Bot;
use crate::discord::call::Call;
use crate::discord::custom_id;
use crate::discord::error::Problem;
use serenity::all::{CommandOptionType, CreateCommand};

pub(super) const NAME: &str = "gallery";

pub(super) fn definition() -> CreateCommand {
    let sub = |key, description| option(key, CommandOptionType::SubCommand, description);
    in_guilds(super::chat_command(NAME, "The shared drawings of this server")).set_options(vec![
        sub("gallery.new", "The newest first"),
        sub("gallery.top", "Those with the most votes first"),
        sub("gallery.random", "Any one"),
        sub("gallery.mine", "Your own"),
    ])
}

impl Bot {
    pub(super) async fn gallery(&self, call: &Call, arguments: &Arguments<'_>) -> Answered {
        let view = arguments.subcommand.and_then(custom_id::view);
        let view = view.ok_or_else(|| Problem::Wrong("There is no such gallery.".to_owned()))?;
        self.open_gallery(call, view).await
    }
}
