//! `/prompts`: texts that somebody keeps under a name.
use super::{Answered, Arguments, everywhere, option, prompt_option};
use crate::discord::Bot;
use crate::discord::call::{Call, Letter};
use crate::discord::draw::Order;
use crate::discord::error::Problem;
use crate::discord::reply::{LONGEST, escape};
use crate::domain::Prompt;
use crate::service::Options;
use serenity::all::{CommandOptionType, CreateCommand, CreateCommandOption};

pub(super) const NAME: &str = "prompts";
/// Most characters of a name.
const LONGEST_NAME: u16 = 32;

pub(super) fn definition() -> CreateCommand {
    let name = || -> CreateCommandOption {
        option("prompts.name", CommandOptionType::String, "The name of the prompt")
            .required(true)
            .min_length(1)
            .max_length(LONGEST_NAME)
    };
    let sub = |key, description, options: Vec<CreateCommandOption>| {
        option(key, CommandOptionType::SubCommand, description).set_sub_options(options)
    };
    let text = prompt_option("prompts.text", "The prompt");
    everywhere(super::chat_command(NAME, "Your saved prompts")).set_options(vec![
        sub("prompts.save", "Saves a prompt under a name", vec![name(), text]),
        sub("prompts.list", "Shows your saved prompts", vec![]),
        sub("prompts.use", "Draws a saved prompt", vec![name().set_autocomplete(true)]),
        sub("prompts.delete", "Deletes a saved prompt", vec![name().set_autocomplete(true)]),
    ])
}

impl Bot {
    pub(super) async fn prompts_command(&self, call: &Call, arguments: &Arguments<'_>) -> Answered {
        let user = call.user.get();
        match arguments.subcommand {
            Some("save") => {
                let name = name(arguments)?;
                let prompt = Prompt::new(arguments.text("text").unwrap_or_default())?;
                self.store.save_prompt(user, &name, &prompt).await?;
                let said = format!("Saved: draw it with `/prompts use` and “{}”.", escape(&name));
                Ok(call.answer(Letter::private(said)).await)
            }
            Some("use") => {
                let rules = self.may_draw(call).await?;
                let name = name(arguments)?;
                let prompt = self.store.saved_prompt(user, &name).await?;
                let prompt = prompt.ok_or_else(|| unknown(&name))?;
                let options =
                    Options { size: rules.size, style: rules.style, ..Options::default() };
                let order = Order::of_text(self, prompt.as_str(), &options, false)?;
                Ok(self.draw(call, order, &rules).await)
            }
            Some("delete") => {
                let name = name(arguments)?;
                if !self.store.delete_prompt(user, &name).await? {
                    return Err(unknown(&name));
                }
                Ok(call.answer(Letter::private(format!("“{}” is deleted.", escape(&name)))).await)
            }
            _ => {
                let saved = self.store.saved_prompts(user).await?;
                Ok(call.answer(Letter::private(list(&saved))).await)
            }
        }
    }
}

fn name(arguments: &Arguments<'_>) -> Result<String, Problem> {
    // The rules of a prompt are those of a name: no control characters, nothing hidden.
    let name = String::from(Prompt::new(arguments.text("name").unwrap_or_default())?);
    if name.chars().count() > usize::from(LONGEST_NAME) {
        return Err(Problem::Wrong(format!("A name has {LONGEST_NAME} characters at most.")));
    }
    Ok(name)
}

fn unknown(name: &str) -> Problem {
    Problem::Wrong(format!("You have no prompt “{}”: see `/prompts list`.", escape(name)))
}

fn list(saved: &[(String, Prompt)]) -> String {
    if saved.is_empty() {
        return "You have no saved prompts yet: keep one with `/prompts save`.".to_owned();
    }
    let mut text = String::new();
    for (index, (name, prompt)) in saved.iter().enumerate() {
        let line = format!("**{}** {}\n", escape(name), escape(prompt.as_str()));
        if text.encode_utf16().count() + line.encode_utf16().count() + 20 > LONGEST {
            text.push_str(&format!("… and {} more", saved.len() - index));
            break;
        }
        text.push_str(&line);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_fits_into_a_message() {
        let prompt = Prompt::new(&"😀".repeat(200)).expect("sound");
        let saved: Vec<_> = (0..50).map(|n| (format!("name {n}"), prompt.clone())).collect();
        let text = list(&saved);
        assert!(text.encode_utf16().count() <= LONGEST && text.ends_with("more"));
    }
}
