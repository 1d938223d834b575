//! The commands: one file each, with its definition and what it does.
mod ascii;
mod gallery;
mod help;
mod letters;
mod prompts;
mod server;

use super::Bot;
use super::call::{Answered, Call};
use super::error::Problem;
use super::locale;
use crate::domain::Prompt;
pub use ascii::Wanted;
use serenity::all::{
    Attachment, CommandInteraction, CommandOptionType, CreateCommand, CreateCommandOption,
    InstallationContext, InteractionContext, PartialMember, ResolvedOption, ResolvedValue, User,
};

/// All commands, as Discord is told about them; `letter_styles` are those that the model writes.
pub fn definitions(most_steps: usize, letter_styles: &[&str]) -> Vec<CreateCommand> {
    vec![
        ascii::definition(most_steps),
        ascii::menu_definition(),
        letters::definition(letter_styles),
        gallery::definition(),
        prompts::definition(),
        server::definition(),
        help::privacy_definition(),
        help::definition(),
    ]
}

impl Bot {
    /// Does what a command asks for.
    ///
    /// # Errors
    /// What the one who asks is to be told.
    pub async fn command(&self, call: &Call, command: &CommandInteraction) -> Answered {
        let arguments = Arguments::of(command);
        match command.data.name.as_str() {
            ascii::NAME => self.ascii(call, &arguments).await,
            ascii::MENU => self.draw_message(call, command).await,
            letters::NAME => self.letters(call, &arguments).await,
            gallery::NAME => self.gallery(call, &arguments).await,
            prompts::NAME => self.prompts_command(call, &arguments).await,
            server::NAME => self.server(call, &arguments).await,
            help::PRIVACY => self.privacy(call).await,
            help::NAME => self.help(call).await,
            _ => Err(Problem::Wrong(
                "This command is not known any more: wait until Discord has the new ones."
                    .to_owned(),
            )),
        }
    }
}

/// The options of a command, those of its subcommand where it has one.
pub struct Arguments<'a> {
    /// The subcommand's name.
    pub subcommand: Option<&'a str>,
    options: Vec<ResolvedOption<'a>>,
}

impl<'a> Arguments<'a> {
    /// Those of a command.
    pub fn of(command: &'a CommandInteraction) -> Self {
        let mut options = command.data.options();
        let first = options.pop();
        match first {
            Some(ResolvedOption { name, value: ResolvedValue::SubCommand(inner), .. }) => {
                Self { subcommand: Some(name), options: inner }
            }
            other => {
                options.extend(other);
                Self { subcommand: None, options }
            }
        }
    }

    fn get(&self, name: &str) -> Option<&ResolvedValue<'a>> {
        self.options.iter().find(|option| option.name == name).map(|option| &option.value)
    }

    /// A text.
    pub fn text(&self, name: &str) -> Option<&'a str> {
        match self.get(name) {
            Some(ResolvedValue::String(text)) => Some(text),
            _ => None,
        }
    }

    fn integer(&self, name: &str) -> Option<i64> {
        match self.get(name) {
            Some(ResolvedValue::Integer(number)) => Some(*number),
            _ => None,
        }
    }

    fn flag(&self, name: &str) -> Option<bool> {
        match self.get(name) {
            Some(ResolvedValue::Boolean(flag)) => Some(*flag),
            _ => None,
        }
    }

    /// A member, or a user.
    pub fn member(&self, name: &str) -> Option<(&'a User, Option<&'a PartialMember>)> {
        match self.get(name) {
            Some(ResolvedValue::User(user, member)) => Some((user, *member)),
            _ => None,
        }
    }

    /// A file.
    pub fn attachment(&self, name: &str) -> Option<&'a Attachment> {
        match self.get(name) {
            Some(ResolvedValue::Attachment(attachment)) => Some(attachment),
            _ => None,
        }
    }

    fn channel(&self, name: &str) -> Option<u64> {
        match self.get(name) {
            Some(ResolvedValue::Channel(channel)) => Some(channel.id.get()),
            _ => None,
        }
    }

    /// A value of one of our types; Discord's own checks can be passed by.
    fn parse<T: std::str::FromStr<Err = String>>(&self, name: &str) -> Result<Option<T>, Problem> {
        let parsed = self.text(name).map(|text| text.parse::<T>());
        parsed.transpose().map_err(|error| Problem::Wrong(format!("{error}.")))
    }
}

/// A command of a chat, with its names in all languages.
fn chat_command(name: &str, description: &str) -> CreateCommand {
    locale::command(name, CreateCommand::new(name).description(description))
}

/// Makes a command usable everywhere: in servers, in messages to the bot, and by people who brought
/// it along.
fn everywhere(command: CreateCommand) -> CreateCommand {
    command.integration_types(vec![InstallationContext::Guild, InstallationContext::User]).contexts(
        vec![
            InteractionContext::Guild,
            InteractionContext::BotDm,
            InteractionContext::PrivateChannel,
        ],
    )
}

/// Makes a command usable in servers that added the bot.
fn in_guilds(command: CreateCommand) -> CreateCommand {
    command
        .integration_types(vec![InstallationContext::Guild])
        .contexts(vec![InteractionContext::Guild])
}

/// An option with its names in all languages. `key` is its path, its last part the name.
fn option(key: &str, kind: CommandOptionType, description: &str) -> CreateCommandOption {
    let name = key.rsplit('.').next().unwrap_or(key);
    locale::option(key, CreateCommandOption::new(kind, name, description))
}

/// The option that takes a prompt.
fn prompt_option(key: &str, description: &str) -> CreateCommandOption {
    option(key, CommandOptionType::String, description)
        .required(true)
        .min_length(1)
        .max_length(Prompt::LONGEST as u16)
}

/// The option that chooses a size.
fn size_option(key: &str, description: &str) -> CreateCommandOption {
    option(key, CommandOptionType::String, description)
        .add_string_choice("phone (36×18)", "phone")
        .add_string_choice("desktop (60×30)", "desktop")
}

/// The option that chooses a style.
fn style_option(key: &str, description: &str) -> CreateCommandOption {
    let styles = crate::domain::Style::ALL;
    let option = option(key, CommandOptionType::String, description);
    styles
        .into_iter()
        .fold(option, |option, style| option.add_string_choice(style.name(), style.name()))
}

#[cfg(test)]
mod tests;
