//! `/letters`: lettering. A model that cannot write letters draws the picture, and that is said.
use super::{Answered, Arguments, everywhere, option, prompt_option, size_option};
use crate::discord::Bot;
use crate::discord::call::Call;
use crate::discord::draw::Order;
use crate::domain::{Lettering, Prompt, Style};
use crate::engine::EngineError;
use crate::service::{DrawError, Options};
use serenity::all::{CommandOptionType, CreateCommand};

pub(super) const NAME: &str = "letters";

/// `styles` are those of the model; Discord takes 25.
pub(super) fn definition(styles: &[&str]) -> CreateCommand {
    let command = everywhere(super::chat_command(NAME, "Writes a word large"));
    let mut options = vec![prompt_option("letters.text", "The word")];
    if !styles.is_empty() {
        let style = option("letters.style", CommandOptionType::String, "The hand it is written in");
        let add = |option: serenity::all::CreateCommandOption, style: &&str| {
            option.add_string_choice(*style, *style)
        };
        options.push(styles.iter().take(25).fold(style, add));
    }
    options.push(size_option("ascii.size", "36×18 characters fit any phone, 60×30 a screen"));
    command.set_options(options)
}

impl Bot {
    pub(super) async fn letters(&self, call: &Call, arguments: &Arguments<'_>) -> Answered {
        let rules = self.may_draw(call).await?;
        let prompt = Prompt::new(arguments.text("text").unwrap_or_default())?;
        let writes = self.studio.manifest().letters.is_some();
        if writes {
            Lettering::of(&prompt).map_err(|error| DrawError::from(EngineError::from(error)))?;
        }
        let style = arguments.text("style").unwrap_or_default();
        let options = Options {
            size: arguments.parse("size")?.unwrap_or(rules.size),
            // Letters read best when they are filled.
            style: if writes { Style::Filled } else { rules.style },
            kind: writes.then(|| Lettering::kind_of(style)),
            ..Options::default()
        };
        let mut order = Order::new(self, prompt, &options, false);
        if !writes {
            order
                .notes
                .push("-# This model does not write letters: here is the picture.".to_owned());
        }
        Ok(self.draw(call, order, &rules).await)
    }
}
