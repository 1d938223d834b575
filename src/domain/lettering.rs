//! Words that are drawn letter by letter, in lines.
use super::Prompt;
use thiserror::Error;

/// Most characters that are lettered.
const LONGEST: usize = 60;
/// Most lines.
const MOST_LINES: usize = 3;
/// About how wide a letter is with its gap, and how high a line, in dots of a letter's map.
const ADVANCE: usize = 14;
const LEADING: usize = 27;
/// Marks that open and close what is to be lettered.
const QUOTES: [(char, char); 4] = [('"', '"'), ('“', '”'), ('„', '“'), ('«', '»')];

/// Text set in one to three lines of printable ASCII.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lettering {
    lines: Vec<String>,
}

/// Text that cannot be lettered.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LetteringError {
    /// A character that no hand writes.
    #[error(
        "the letter '{0}' cannot be drawn: use A to Z, digits and the signs of a plain keyboard"
    )]
    Unknown(char),
    /// Too much for a drawing.
    #[error("{0} characters are too many for large letters: shorten it to {LONGEST} or fewer")]
    TooLong(usize),
}

impl Lettering {
    /// The kind of drawing that asks for letters.
    const KIND: &'static str = "letters";

    /// Breaks a text into the lines that make the largest letters. Quotes around the whole are not
    /// drawn.
    ///
    /// # Errors
    /// [`LetteringError`] when it is too long or holds more than printable ASCII.
    pub fn of(prompt: &Prompt) -> Result<Self, LetteringError> {
        let text = quoted(prompt.as_str()).unwrap_or(prompt.as_str());
        if let Some(unknown) = text.chars().find(|c| !matches!(c, ' '..='~')) {
            return Err(LetteringError::Unknown(unknown));
        }
        if text.len() > LONGEST {
            return Err(LetteringError::TooLong(text.len()));
        }
        Ok(Self { lines: break_lines(&text.split_whitespace().collect::<Vec<_>>()) })
    }

    /// Whether a prompt is one quoted text, and so wants to be lettered.
    pub fn is_wanted(prompt: &Prompt) -> bool {
        quoted(prompt.as_str()).is_some()
    }

    /// The style of letters that a kind of drawing asks for: `letters` leaves it open, which is "",
    /// `letters-slant` names it. `None` for other kinds.
    pub fn style_of(kind: &str) -> Option<&str> {
        let rest = kind.strip_prefix(Self::KIND)?;
        if rest.is_empty() { Some("") } else { rest.strip_prefix('-') }
    }

    /// The kind of drawing that asks for letters of a style; "" leaves the style open.
    pub fn kind_of(style: &str) -> String {
        let dash = if style.is_empty() { "" } else { "-" };
        format!("{}{dash}{style}", Self::KIND)
    }

    /// The lines, the first on top.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }
}

/// The inside of a text in quotes.
fn quoted(text: &str) -> Option<&str> {
    let inside = |(open, close): (char, char)| text.strip_prefix(open)?.strip_suffix(close);
    let found = QUOTES.into_iter().find_map(inside)?.trim();
    (!found.is_empty()).then_some(found)
}

/// The breaks for which the square that holds all lines is smallest; another line must gain a tenth.
fn break_lines(words: &[&str]) -> Vec<String> {
    let joined = |breaks: &[usize]| -> Vec<String> {
        breaks.windows(2).map(|pair| words[pair[0]..pair[1]].join(" ")).collect()
    };
    let side = |lines: &[String]| {
        let widest = lines.iter().map(String::len).max().unwrap_or(0);
        (widest * ADVANCE).max(lines.len() * LEADING) * (9 + lines.len())
    };
    let last = words.len();
    let mut ways = vec![joined(&[0, last])];
    for first in 1..last {
        ways.push(joined(&[0, first, last]));
        ways.extend((first + 1..last).map(|second| joined(&[0, first, second, last])));
    }
    debug_assert!(ways.iter().all(|lines| lines.len() <= MOST_LINES));
    ways.into_iter().min_by_key(|lines| side(lines)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        let prompt = Prompt::new(text).expect("sound");
        Lettering::of(&prompt).expect("can be lettered").lines().to_vec()
    }

    #[test]
    fn lines_are_broken_where_letters_grow() {
        assert_eq!(lines("HELLO"), ["HELLO"]);
        assert_eq!(lines("HAPPY BIRTHDAY"), ["HAPPY", "BIRTHDAY"]);
        assert_eq!(lines("to be or not to be"), ["to be", "or not", "to be"]);
        assert_eq!(lines("I am"), ["I am"]);
    }

    #[test]
    fn quotes_ask_for_letters_and_are_not_drawn() {
        for text in ["\"HELLO\"", "“HELLO”", "„HELLO“", "« HELLO »"] {
            let prompt = Prompt::new(text).expect("sound");
            assert!(Lettering::is_wanted(&prompt));
            assert_eq!(lines(text), ["HELLO"]);
        }
        for text in ["HELLO", "\"a\" b", "\" \"", "\""] {
            assert!(!Lettering::is_wanted(&Prompt::new(text).expect("sound")), "{text}");
        }
    }

    #[test]
    fn a_kind_names_the_style() {
        for style in ["", "slant"] {
            assert_eq!(Lettering::style_of(&Lettering::kind_of(style)), Some(style));
        }
        assert_eq!(Lettering::kind_of("slant"), "letters-slant");
        assert_eq!(Lettering::style_of("lettersslant"), None);
        assert_eq!(Lettering::style_of("stroke"), None);
    }

    #[test]
    fn what_cannot_be_lettered_is_named() {
        let refused = |text: &str| Lettering::of(&Prompt::new(text).expect("sound"));
        assert_eq!(refused("naïve"), Err(LetteringError::Unknown('ï')));
        assert_eq!(refused(&"x".repeat(61)), Err(LetteringError::TooLong(61)));
    }
}
