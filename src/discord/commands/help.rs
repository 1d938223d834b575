//! `/help` and the definition of `/privacy`.
use super::{Answered, everywhere};
use crate::discord::Bot;
use crate::discord::call::{Call, Letter};
use serenity::all::CreateCommand;

pub(super) const NAME: &str = "help";
pub(super) const PRIVACY: &str = "privacy";

pub(super) fn definition() -> CreateCommand {
    everywhere(super::chat_command(NAME, "What this bot can do"))
}

pub(super) fn privacy_definition() -> CreateCommand {
    everywhere(super::chat_command(
        PRIVACY,
        "What is stored about you; a copy of it, and its deletion",
    ))
}

impl Bot {
    pub(super) async fn help(&self, call: &Call) -> Answered {
        let steps = self.studio.manifest().defaults.steps.get();
        let content = format!(
            "**Glyffuse draws words as ASCII art with a diffusion model.**\n\
             `/ascii text:cat` draws a cat. The same words give the same drawing; **Again** gives \
             another one, **Vary** a small change, **Edit** changes the words, **Recipe** gives a code \
             that draws the same elsewhere.\n\
             `size` 36×18 fits any phone, 60×30 a screen · `style` line, filled, braille or blocks · \
             `seed` a number of your own · `steps` usually {steps} · `private` only you see it · \
             `picture` or `avatar` a picture that is redrawn toward the words, `strength` how much of \
             it is forgotten · `colour` shows the colours that the words name, on desktop.\n\
             **Share** puts a drawing into this server's `/gallery`, where everybody has one vote and \
             **Remix** takes up a prompt.\n\
             `/prompts` keeps your favourite texts. Right-click a message → Apps → **Draw as ASCII** \
             draws its text.\n\
             `/privacy` says what is stored, and deletes it. Admins: `/glyffuse settings`.\n\
             Words may be in any of a hundred languages. What the model does not know is drawn as the \
             nearest thing it does, and said so."
        );
        Ok(call.answer(Letter::private(content)).await)
    }
}
