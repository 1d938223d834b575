//! What to draw, in words.
use serde::{Deserialize, Serialize};
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::LazyLock;
use thiserror::Error;

/// The text of a request: 1 to 200 characters, no control characters, nothing that turns the direction
/// of writing or cannot be seen, no space at either end.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Prompt(String);

/// What is wrong with a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PromptError {
    /// Nothing but spaces.
    #[error("there is no text to draw: give one or more words, for example \"cat\"")]
    Empty,
    /// Too many characters.
    #[error("the text is {0} characters long: shorten it to {max} or fewer", max = Prompt::LONGEST)]
    TooLong(usize),
    /// A control character, such as an escape.
    #[error("the text holds a control character (U+{0:04X}): leave it out")]
    ControlCharacter(u32),
}

impl Prompt {
    /// Most characters of a prompt.
    pub const LONGEST: usize = 200;

    /// Checks a text; line breaks, tabs and runs of spaces become single spaces, and characters that
    /// only steer the direction of writing or take no room are dropped.
    ///
    /// # Errors
    /// [`PromptError`] for empty or over-long text and for control characters.
    pub fn new(text: &str) -> Result<Self, PromptError> {
        let text: String = text.chars().filter(|&c| !is_invisible(c)).collect();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.chars().all(|c| is_joiner(c) || c == ' ') {
            return Err(PromptError::Empty);
        }
        let length = text.chars().count();
        if length > Self::LONGEST {
            return Err(PromptError::TooLong(length));
        }
        match text.chars().find(|c| c.is_control()) {
            Some(character) => Err(PromptError::ControlCharacter(character as u32)),
            None => Ok(Self(text)),
        }
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Characters that hide text or turn its direction: those that Unicode lets programs ignore (zero-width
/// spaces, bidirectional controls, soft hyphens, fillers, tags), annotations, and the blank pattern of
/// braille. Those that emoji and some scripts are made with are joiners.
pub(super) fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}' | '\u{200E}' | '\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}'
        | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Characters that are invisible alone but part of emoji and of some scripts.
fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200C}' | '\u{200D}' | '\u{FE00}'..='\u{FE0F}')
}

impl TryFrom<String> for Prompt {
    type Error = PromptError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(&text)
    }
}

impl From<Prompt> for String {
    fn from(prompt: Prompt) -> Self {
        prompt.0
    }
}

/// Shows the length and a hash, because a prompt must not slip into a log. The hash is keyed anew in
/// every process: it tells the same words within a log, and nobody can look words up by it.
impl fmt::Debug for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        write!(f, "Prompt({} characters, #{:016x})", self.0.chars().count(), KEY.hash_one(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_are_tidied() {
        assert_eq!(Prompt::new("  a red\n\tcar ").map(|p| p.0), Ok("a red car".to_owned()));
    }

    #[test]
    fn what_cannot_be_drawn_is_refused() {
        assert_eq!(Prompt::new(" \n "), Err(PromptError::Empty));
        assert_eq!(Prompt::new(&"猫".repeat(201)), Err(PromptError::TooLong(201)));
        assert!(Prompt::new(&"猫".repeat(200)).is_ok());
        assert_eq!(Prompt::new("a\u{1b}[2J"), Err(PromptError::ControlCharacter(0x1b)));
    }

    #[test]
    fn hidden_characters_are_dropped() {
        let shown = |text: &str| Prompt::new(text).map(|prompt| prompt.0);
        assert_eq!(shown("\u{202E}c\u{200B}at\u{2066}"), Ok("cat".to_owned()));
        assert_eq!(shown("\u{200B}\u{200D}\u{FE0F}"), Err(PromptError::Empty));
        assert_eq!(shown("\u{3164}\u{115F} \u{2800}"), Err(PromptError::Empty));
        assert_eq!(shown("葛\u{E0101}"), Ok("葛".to_owned()));
        let family = "👨\u{200D}👩\u{200D}👧";
        assert_eq!(shown(family), Ok(family.to_owned()));
    }

    #[test]
    fn debug_output_hides_the_words() {
        let shown = |text| format!("{:?}", Prompt::new(text).expect("sound"));
        assert!(!shown("secret").contains("secret"));
        assert!(shown("secret").starts_with("Prompt(6 characters, #"));
        assert_eq!(shown("secret"), shown(" secret "));
        assert_ne!(shown("secret"), shown("terces"));
    }
}
