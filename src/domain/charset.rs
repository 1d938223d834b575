//! The characters a decoder may use.
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A set of printable ASCII characters that a drawing may hold: always with the space, never with a
/// backtick (it would close a code fence), no character twice.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Charset(Vec<char>);

/// What is wrong with a character set.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CharsetError {
    /// No character besides the space.
    #[error("the character set is empty: give at least one printable ASCII character")]
    Empty,
    /// A backtick closes Discord's code block.
    #[error("the character set may not hold a backtick: it would close the code block")]
    Backtick,
    /// Only printable ASCII has one cell's width everywhere.
    #[error("the character set may hold printable ASCII only, not {0:?}")]
    NotPrintableAscii(char),
}

impl Charset {
    /// The stroke-only set of the line style: letters make a line drawing look like noise, and so do
    /// `^ = < > + ! ; : ~`, without which real drawings are read as well (training/EXPERIMENTS.md).
    pub const STROKES: &'static str = " .,'\"-_|/\\()";

    /// Checks and keeps `characters`; the space is added where it is missing, repeats are dropped.
    ///
    /// # Errors
    /// [`CharsetError`] when nothing but spaces is given, or a character is a backtick or not
    /// printable ASCII.
    pub fn new(characters: &str) -> Result<Self, CharsetError> {
        let mut kept = vec![' '];
        for character in characters.chars() {
            match character {
                '`' => return Err(CharsetError::Backtick),
                ' '..='~' if kept.contains(&character) => {}
                ' '..='~' => kept.push(character),
                other => return Err(CharsetError::NotPrintableAscii(other)),
            }
        }
        if kept.len() == 1 {
            return Err(CharsetError::Empty);
        }
        Ok(Self(kept))
    }

    /// The stroke-only set, [`Charset::STROKES`].
    pub fn strokes() -> Self {
        Self(Self::STROKES.chars().collect())
    }

    /// All printable ASCII but the backtick, 94 characters.
    pub fn printable_ascii() -> Self {
        Self((' '..='~').filter(|&character| character != '`').collect())
    }

    /// The characters, the space first.
    pub fn characters(&self) -> &[char] {
        &self.0
    }
}

impl TryFrom<String> for Charset {
    type Error = CharsetError;

    fn try_from(characters: String) -> Result<Self, Self::Error> {
        Self::new(&characters)
    }
}

impl From<Charset> for String {
    fn from(charset: Charset) -> Self {
        charset.0.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_space_is_always_there_and_nothing_twice() {
        let set = Charset::new("//\\").expect("sound");
        assert_eq!(set.characters(), [' ', '/', '\\']);
        assert_eq!(Charset::printable_ascii().characters().len(), 94);
        assert_eq!(Charset::new(Charset::STROKES), Ok(Charset::strokes()));
    }

    #[test]
    fn what_would_break_a_code_block_is_refused() {
        assert_eq!(Charset::new("a`b"), Err(CharsetError::Backtick));
        assert_eq!(Charset::new("  "), Err(CharsetError::Empty));
        assert_eq!(Charset::new("é"), Err(CharsetError::NotPrintableAscii('é')));
        assert_eq!(Charset::new("\n"), Err(CharsetError::NotPrintableAscii('\n')));
    }
}
