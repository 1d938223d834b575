//! Which colour a text gives to the thing that it names.
use super::lexicon::{AFTER_SUBJECT, Lexicon, normalise};
use crate::domain::Colour;

/// Words of other languages like those of [`AFTER_SUBJECT`].
const AFTER_SUBJECT_ABROAD: [&str; 5] = ["mit", "con", "avec", "com", "und"];

/// The first colour that a text names for its thing: "a red car", "un gato negro", "a cat in a red
/// hat" not. A word that is the thing itself, as in "an orange", is no colour.
pub fn colour(lexicon: &Lexicon, text: &str) -> Option<Colour> {
    let text = normalise(text);
    let words: Vec<_> = text.split(' ').collect();
    let elsewhere = |word| AFTER_SUBJECT.contains(word) || AFTER_SUBJECT_ABROAD.contains(word);
    let ends = words.iter().enumerate().filter(|(_, word)| elsewhere(word));
    let mut ends = ends.map(|(place, _)| place);
    let about = ends.find(|&end| lexicon.known(&words[..end].join(" ")).is_some());
    let words = &words[..about.unwrap_or(words.len())];
    words.iter().enumerate().find_map(|(place, word)| {
        let colour = Colour::named(word)?;
        let others = [&words[..place], &words[place + 1..]].concat().join(" ");
        // Found inside a text, the word stands for a thing.
        let thing = lexicon.known(&format!("a {word}")).is_some();
        (!thing || lexicon.known(&others).is_some()).then_some(colour)
    })
}

#[cfg(test)]
mod tests {
    use super::super::lexicon::sample;
    use super::*;

    #[test]
    fn a_text_names_the_colour_of_its_thing() {
        let lexicon = sample();
        for (text, wanted) in [
            ("a red car", Some(Colour::Red)),
            ("Un gato NEGRO!", Some(Colour::Grey)),
            ("a dark blue griffin", Some(Colour::Blue)),
            ("a black and white cat", Some(Colour::Grey)),
            ("something with a purple cat", Some(Colour::Pink)),
            ("a cat", None),
            ("a cat in a red hat", None),
            ("a cat wearing green shoes", None),
            ("", None),
        ] {
            assert_eq!(colour(&lexicon, text), wanted, "{text}");
        }
    }
}
