//! Names and descriptions of the commands in Discord's languages: one file a language in `locales/`.
//!
//! A key is the path of a command or option (`gallery.new`, `ascii.text`); its value is the name and,
//! behind a bar, the description. An empty name keeps the English one.
use serenity::all::{CreateCommand, CreateCommandOption};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Language codes of Discord with their texts.
type Locales = Vec<(&'static str, BTreeMap<String, (String, String)>)>;

macro_rules! locales {
    ($($code:literal),*) => {
        [$(($code, include_str!(concat!("locales/", $code, ".toml")))),*]
    };
}

/// All languages besides English.
static LOCALES: LazyLock<Locales> = LazyLock::new(|| {
    let files = locales!(
        "de", "es-ES", "fr", "it", "ja", "ko", "nl", "pl", "pt-BR", "ru", "sv-SE", "tr", "uk",
        "zh-CN"
    );
    let read = |text: &str| {
        // A test reads every file: a fault in one cannot reach a release.
        let table: BTreeMap<String, String> = toml::from_str(text).unwrap_or_default();
        let split = |text: String| {
            let (name, description) = text.split_once('|').unwrap_or((&text, ""));
            (name.to_owned(), description.to_owned())
        };
        table.into_iter().map(|(key, text)| (key, split(text))).collect()
    };
    files.into_iter().map(|(code, text)| (code, read(text))).collect()
});

fn texts(key: &str) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    LOCALES.iter().filter_map(move |(code, table)| {
        let (name, description) = table.get(key)?;
        Some((*code, name.as_str(), description.as_str()))
    })
}

/// Gives a command its names and descriptions.
pub fn command(key: &str, mut command: CreateCommand) -> CreateCommand {
    for (code, name, description) in texts(key) {
        if !name.is_empty() {
            command = command.name_localized(code, name);
        }
        if !description.is_empty() {
            command = command.description_localized(code, description);
        }
    }
    command
}

/// Gives an option its names and descriptions.
pub fn option(key: &str, mut option: CreateCommandOption) -> CreateCommandOption {
    for (code, name, description) in texts(key) {
        if !name.is_empty() {
            option = option.name_localized(code, name);
        }
        if !description.is_empty() {
            option = option.description_localized(code, description);
        }
    }
    option
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_says_the_same_things_within_discords_limits() {
        assert!(LOCALES.len() >= 12);
        let keys: Vec<_> = LOCALES[0].1.keys().collect();
        assert!(keys.len() > 25, "the first file was not read");
        for (code, table) in LOCALES.iter() {
            assert_eq!(table.keys().collect::<Vec<_>>(), keys, "{code}");
            for (key, (name, description)) in table {
                assert!(name.chars().count() <= 32, "{code} {key}: {name}");
                assert!(description.chars().count() <= 100, "{code} {key}: {description}");
                let menu = *key == "draw_as_ascii";
                assert_eq!(description.is_empty(), menu, "{code} {key}");
                if !menu {
                    let letters = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
                    assert!(name.chars().all(letters), "{code} {key}: {name}");
                    assert_eq!(name.to_lowercase(), *name, "{code} {key}");
                }
            }
            // Within one command no two options share a name.
            for parent in ["ascii", "gallery", "prompts", "glyffuse"] {
                let mut names: Vec<_> = table
                    .iter()
                    .filter(|(key, (name, _))| {
                        key.strip_prefix(parent).is_some_and(|rest| {
                            rest.starts_with('.') && rest.matches('.').count() == 1
                        }) && !name.is_empty()
                    })
                    .map(|(_, (name, _))| name)
                    .collect();
                let count = names.len();
                names.sort();
                names.dedup();
                assert_eq!(names.len(), count, "{code} {parent}");
            }
        }
    }
}
