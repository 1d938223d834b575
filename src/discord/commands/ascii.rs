//! `/ascii`: draws a text. And the menu of a message: draws its text.
use super::{Answered, Arguments, everywhere, option, prompt_option, size_option, style_option};
use crate::discord::Bot;
use crate::discord::call::Call;
use crate::discord::draw::Order;
use crate::discord::error::Problem;
use crate::discord::locale;
use crate::domain::{Prompt, Recipe, Seed, Steps};
use crate::service::Options;
use serenity::all::{
    CommandInteraction, CommandOptionType, CommandType, CreateCommand, ResolvedTarget,
};

pub(super) const NAME: &str = "ascii";
pub(super) const MENU: &str = "Draw as ASCII";

pub(super) fn definition(most_steps: usize) -> CreateCommand {
    use CommandOptionType::{Boolean, Integer};
    let command = everywhere(super::chat_command(NAME, "Draws words as ASCII art"));
    command.set_options(vec![
        prompt_option("ascii.text", "What to draw").set_autocomplete(true),
        size_option("ascii.size", "36×18 characters fit any phone, 60×30 a screen"),
        style_option("ascii.style", "How ink becomes characters"),
        option("ascii.seed", Integer, "A number: the same number gives the same drawing")
            .min_int_value(0)
            .max_int_value(u64::from(u32::MAX)),
        option("ascii.steps", Integer, "How often the model improves the picture")
            .min_int_value(1)
            .max_int_value(most_steps as u64),
        option("ascii.private", Boolean, "Only you see the drawing"),
    ])
}

pub(super) fn menu_definition() -> CreateCommand {
    let command = CreateCommand::new(MENU).kind(CommandType::Message);
    everywhere(locale::command("draw_as_ascii", command))
}

impl Bot {
    pub(super) async fn ascii(&self, call: &Call, arguments: &Arguments<'_>) -> Answered {
        let rules = self.may_draw(call).await?;
        let text = arguments.text("text").unwrap_or_default();
        let private = arguments.flag("private").unwrap_or(false);
        let order = if Recipe::is_code(text) {
            Order::of_recipe(self, &Recipe::parse(text)?, private)?
        } else {
            let options = Options {
                size: arguments.parse("size")?.unwrap_or(rules.size),
                style: arguments.parse("style")?.unwrap_or(rules.style),
                seed: seed(arguments)?,
                steps: self.steps(arguments)?,
                ..Options::default()
            };
            Order::new(self, Prompt::new(text)?, &options, private)
        };
        Ok(self.draw(call, order, &rules).await)
    }

    fn steps(&self, arguments: &Arguments<'_>) -> Result<Option<Steps>, Problem> {
        let Some(steps) = arguments.integer("steps") else { return Ok(None) };
        let most = self.limits.most_steps;
        let wrong = || Problem::Wrong(format!("{steps} steps cannot be taken: use 1 to {most}."));
        let steps = usize::try_from(steps).ok().filter(|steps| *steps <= most);
        steps.and_then(|steps| Steps::try_from(steps).ok()).map(Some).ok_or_else(wrong)
    }

    /// Draws the text of a message.
    pub(super) async fn draw_message(&self, call: &Call, command: &CommandInteraction) -> Answered {
        let rules = self.may_draw(call).await?;
        let Some(ResolvedTarget::Message(message)) = command.data.target() else {
            return Err(Problem::Wrong("That message is gone.".to_owned()));
        };
        if message.content.trim().is_empty() {
            return Err(Problem::Wrong("That message holds no text to draw.".to_owned()));
        }
        // A long message is drawn by its beginning.
        let beginning: String = message.content.chars().take(Prompt::LONGEST).collect();
        let options = Options { size: rules.size, style: rules.style, ..Options::default() };
        let order = Order::new(self, Prompt::new(&beginning)?, &options, false);
        Ok(self.draw(call, order, &rules).await)
    }
}

fn seed(arguments: &Arguments<'_>) -> Result<Option<Seed>, Problem> {
    let Some(seed) = arguments.integer("seed") else { return Ok(None) };
    let wrong = |_| Problem::Wrong(format!("A seed is a whole number, 0 to {}.", u32::MAX));
    u32::try_from(seed).map(|seed| Some(Seed::new(seed))).map_err(wrong)
}
