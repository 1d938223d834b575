//! `/letters`: lettering. Until the model letters by itself, it says so and draws the picture.
use super::{Answered, Arguments, everywhere, prompt_option};
use crate::discord::Bot;
use crate::discord::call::Call;
use crate::discord::draw::Order;
use crate::domain::Prompt;
use crate::service::Options;
use serenity::all::CreateCommand;

pub(super) const NAME: &str = "letters";

pub(super) fn definition() -> CreateCommand {
    let command = everywhere(super::chat_command(NAME, "Writes a word large"));
    command.add_option(prompt_option("letters.text", "The word"))
}

impl Bot {
    pub(super) async fn letters(&self, call: &Call, arguments: &Arguments<'_>) -> Answered {
        let rules = self.may_draw(call).await?;
        let prompt = Prompt::new(arguments.text("text").unwrap_or_default())?;
        let options = Options { size: rules.size, style: rules.style, ..Options::default() };
        let mut order = Order::new(self, prompt, &options, false);
        order
            .notes
            .push("-# This model does not write letters yet: here is the picture.".to_owned());
        Ok(self.draw(call, order, &rules).await)
    }
}
