//! What models, kinds of drawings and styles of letters are called.
use serde::{Deserialize, Deserializer, de::Error as _};

/// Longest name, in bytes: a recipe's code counts them in one byte.
const LONGEST: usize = 100;

/// Checks a name: 1 to 100 bytes, letters and digits of any script and `-_.+@`. Such a name can stand
/// in a recipe's code, in a message and in a log.
///
/// # Errors
/// A phrase that says what a name may be.
pub fn check_name(name: &str) -> Result<(), String> {
    let sound = |c: char| c.is_alphanumeric() || "-_.+@".contains(c);
    match (1..=LONGEST).contains(&name.len()) && name.chars().all(sound) {
        true => Ok(()),
        false => Err(format!(
            "a name has 1 to {LONGEST} letters, digits or -_.+@, which \"{}\" has not",
            super::plain(&name.chars().take(LONGEST).collect::<String>())
        )),
    }
}

/// Reads a name that stands in something written down.
pub(super) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    check_name(&name).map_err(D::Error::custom)?;
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_show_as_they_are() {
        for name in ["small@2", "any", "letters-slant", "süß_1.0+", &"x".repeat(100)] {
            assert_eq!(check_name(name), Ok(()));
        }
        for name in ["", "a b", "`", "a\n", "\u{1b}[2J", "@everyone\u{202E}", &"é".repeat(51)] {
            let error = check_name(name).expect_err(name);
            assert!(!error.chars().any(char::is_control) && error.len() < 300, "{error}");
        }
    }
}
