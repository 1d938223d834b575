//! `/ascii`: draws a text. And the menu of a message: draws its text.
use super::{Answered, Arguments, everywhere, option, prompt_option, size_option, style_option};
use crate::discord::Bot;
use crate::discord::call::Call;
use crate::discord::draw::Order;
use crate::discord::error::Problem;
use crate::discord::locale;
use crate::discord::pictures::{Pictures, Source};
use crate::domain::{CanvasSize, Origin, Prompt, Recipe, Seed, Steps, Strength, Style};
use crate::service::{CHEAP, Options};
use serenity::all::{
    CommandInteraction, CommandOptionType, CommandType, CreateCommand, ResolvedTarget,
};
use std::time::Instant;

pub(super) const NAME: &str = "ascii";
pub(super) const MENU: &str = "Draw as ASCII";

/// Said where colour is asked for and cannot be shown.
const PLAIN: &str = "-# Phones show no colour: it comes with `size` desktop.";

pub(super) fn definition(most_steps: usize) -> CreateCommand {
    use CommandOptionType::{Attachment, Boolean, Integer, User};
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
        option(
            "ascii.picture",
            Attachment,
            "A picture (PNG, JPEG) that is redrawn toward the words",
        ),
        option("ascii.avatar", User, "Somebody whose picture is redrawn toward the words"),
        option("ascii.strength", Integer, "How much of the picture is forgotten, in percent")
            .min_int_value(0)
            .max_int_value(100),
        option(
            "ascii.colour",
            Boolean,
            "Colours that the words name; shows on desktop only, size desktop",
        ),
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
        let Wanted { size, style, seed, steps, strength } =
            Wanted::of(arguments, self.limits.most_steps)?;
        let options = Options {
            size: size.unwrap_or(rules.size),
            style: style.unwrap_or(rules.style),
            seed,
            steps,
            ..Options::default()
        };
        let mut order = Order::of_text(self, text, &options, private)?;
        order.coloured = arguments.flag("colour").unwrap_or(false);
        if order.coloured && order.request.size != CanvasSize::Desktop {
            order.notes.push(PLAIN.to_owned());
        }
        let guild = call.guild.map(|guild| guild.get());
        if let Some(source) = self.pictures.named(arguments, guild)? {
            if Recipe::is_code(text) {
                return Err(wrong("A recipe says all there is to draw: leave the picture out."));
            }
            // A picture that is of no use costs a tenth of a drawing.
            let caller = self.caller(call, &rules);
            let permit = self.studio.take(&caller, CHEAP, Instant::now())?;
            if let Err(error) = call.defer(private).await {
                return Ok(Err(error));
            }
            let side = self.studio.manifest().denoiser.map_size;
            let picture = match self.pictures.dots(&source, side).await {
                Ok(picture) => picture,
                Err(problem) => {
                    permit.commit();
                    return Err(problem.into());
                }
            };
            drop(permit);
            let strength = strength.unwrap_or(Strength::USUAL);
            order.request.origin = Some(Origin { strength, picture });
        } else if strength.is_some() {
            return Err(wrong("`strength` is about a picture: add `picture` or `avatar`."));
        }
        Ok(self.draw(call, order, &rules).await)
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
        let options = Options { size: rules.size, style: rules.style, ..Options::default() };
        let content = message.content.trim().trim_matches('`').trim();
        let order = match Recipe::is_code(content) {
            true => Order::of_text(self, content, &options, false)?,
            // A long message is drawn by its beginning.
            false => {
                let beginning: String = message.content.chars().take(Prompt::LONGEST).collect();
                Order::new(self, Prompt::new(&beginning)?, &options, false)
            }
        };
        Ok(self.draw(call, order, &rules).await)
    }
}

/// What the options of `/ascii` say besides text and picture; `None` where nothing is said.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Size in cells.
    pub size: Option<CanvasSize>,
    /// How ink becomes characters.
    pub style: Option<Style>,
    /// Where the noise begins.
    pub seed: Option<Seed>,
    /// Denoising steps.
    pub steps: Option<Steps>,
    /// How much of a picture is forgotten.
    pub strength: Option<Strength>,
}

impl Wanted {
    /// Reads and checks the options; Discord's own checks can be passed by.
    ///
    /// # Errors
    /// `Problem::Wrong`.
    pub fn of(arguments: &Arguments<'_>, most_steps: usize) -> Result<Self, Problem> {
        Ok(Self {
            size: arguments.parse("size")?,
            style: arguments.parse("style")?,
            seed: arguments.integer("seed").map(seed).transpose()?,
            steps: arguments.integer("steps").map(|given| steps(given, most_steps)).transpose()?,
            strength: arguments.integer("strength").map(strength).transpose()?,
        })
    }
}

impl Pictures {
    /// The picture to start from, where one is named.
    ///
    /// # Errors
    /// What the one who asks is to be told.
    pub fn named(
        &self,
        arguments: &Arguments<'_>,
        guild: Option<u64>,
    ) -> Result<Option<Source>, Problem> {
        match (arguments.attachment("picture"), arguments.member("avatar")) {
            (None, None) => Ok(None),
            (Some(file), None) => Ok(Some(self.attachment(file)?)),
            (None, Some((user, member))) => Ok(Some(self.avatar(user, member, guild)?)),
            (Some(_), Some(_)) => Err(wrong("Give `picture` or `avatar`, not both.")),
        }
    }
}

fn wrong(sentence: &str) -> Problem {
    Problem::Wrong(sentence.to_owned())
}

fn steps(given: i64, most: usize) -> Result<Steps, Problem> {
    let steps = usize::try_from(given).ok().filter(|steps| *steps <= most);
    let steps = steps.and_then(|steps| Steps::try_from(steps).ok());
    steps.ok_or_else(|| Problem::Wrong(format!("{given} steps cannot be taken: use 1 to {most}.")))
}

fn strength(percent: i64) -> Result<Strength, Problem> {
    let found = Strength::try_from(percent as f32 / 100.0);
    found.map_err(|_| wrong("`strength` is 0 to 100 percent."))
}

fn seed(given: i64) -> Result<Seed, Problem> {
    let wrong = |_| Problem::Wrong(format!("A seed is a whole number, 0 to {}.", u32::MAX));
    u32::try_from(given).map(Seed::new).map_err(wrong)
}
