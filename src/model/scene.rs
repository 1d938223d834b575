//! Reads a text that names several things: "a cat and a dog under the moon", "three apples", "a cat
//! saying HI" become parts with their places on the page.
use super::colour::colour;
use super::lexicon::{Lexicon, Meaning, normalise};
use crate::domain::{Colour, Lettering, Place, Prompt};

/// Most things of one scene: more could not be told apart.
const MOST_THINGS: usize = 6;
/// Words for how many.
const NUMBERS: [(&str, usize); 14] = [
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("2", 2),
    ("3", 3),
    ("4", 4),
    ("5", 5),
    ("6", 6),
    ("both", 2),
    ("pair", 2),
    ("couple", 2),
    ("several", 3),
];
/// What joins things of one group.
const JOINTS: [&str; 7] = ["and", "&", "+", ",", "und", "et", "y"];
/// Verbs before what somebody says.
const SAYING: [&str; 6] = ["saying", "says", "shouting", "shouts", "whispering", "singing"];
/// Things that belong into a corner of the sky.
const SKY: [&str; 8] = ["moon", "sun", "star", "cloud", "rainbow", "lightning", "planet", "ufo"];
/// How things lie to each other, by the words between them; the longest first.
const RELATIONS: [(&[&str], Relation); 23] = [
    (&["to", "the", "left", "of"], Relation::LeftOf),
    (&["to", "the", "right", "of"], Relation::RightOf),
    (&["on", "the", "left", "of"], Relation::LeftOf),
    (&["on", "the", "right", "of"], Relation::RightOf),
    (&["on", "top", "of"], Relation::Above),
    (&["in", "front", "of"], Relation::Beside),
    (&["left", "of"], Relation::LeftOf),
    (&["right", "of"], Relation::RightOf),
    (&["next", "to"], Relation::Beside),
    (&["together", "with"], Relation::Beside),
    (&["inside", "of"], Relation::Inside),
    (&["under"], Relation::Under),
    (&["below"], Relation::Under),
    (&["beneath"], Relation::Under),
    (&["over"], Relation::Above),
    (&["above"], Relation::Above),
    (&["on"], Relation::Above),
    (&["in"], Relation::Inside),
    (&["inside"], Relation::Inside),
    (&["beside"], Relation::Beside),
    (&["near"], Relation::Beside),
    (&["behind"], Relation::Beside),
    (&["with"], Relation::Beside),
];

/// A part of a drawing.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// What is drawn there.
    pub subject: Subject,
    /// Where.
    pub place: Place,
    /// Whether it stands before the parts named earlier, which leave room around it.
    pub in_front: bool,
    /// The colour that the text gives it.
    pub colour: Option<Colour>,
}

/// What a part shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// A thing.
    Thing(Meaning),
    /// Written words.
    Letters(Lettering),
}

/// A thing with the colour that the text gives it.
type Named = (Meaning, Option<Colour>);

/// How the first of two groups of things lies to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    LeftOf,
    RightOf,
    Above,
    Under,
    Inside,
    Beside,
}

/// The parts of a text that names more than one thing, all of them known; `None` for any other text,
/// also for a known phrase that only looks like several things.
pub fn scene(lexicon: &Lexicon, prompt: &Prompt) -> Option<Vec<Part>> {
    if lexicon.is_phrase(prompt.as_str()) {
        return None;
    }
    let words = words(prompt.as_str());
    if let Some(parts) = saying(lexicon, prompt, &words) {
        return Some(parts);
    }
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let parts = match relation(&words) {
        Some((before, relation, after)) => {
            let (first, second) = (things(lexicon, before)?, things(lexicon, after)?);
            related(relation, first, second)
        }
        None => group(things(lexicon, &words)?, Place::PAGE),
    };
    (2..=MOST_THINGS).contains(&parts.len()).then_some(parts)
}

/// The words of a text as phrases are compared, commas as words of their own.
fn words(text: &str) -> Vec<String> {
    let spaced = text.replace([',', ';'], " , ");
    let words = spaced.split_whitespace();
    let plain = |word: &str| if JOINTS.contains(&word) { word.to_owned() } else { normalise(word) };
    words.map(plain).filter(|word| !word.is_empty()).collect()
}

/// "a cat saying HI": the thing below, what it says above.
fn saying(lexicon: &Lexicon, prompt: &Prompt, words: &[String]) -> Option<Vec<Part>> {
    let verb = words.iter().find(|word| SAYING.contains(&word.as_str()))?;
    let (before, said) = prompt.as_str().split_once(verb.as_str())?;
    let thing = lexicon.known(before)?;
    let said = Lettering::of(&Prompt::new(said.trim_start_matches([':', ' '])).ok()?).ok()?;
    let above = Place { top: 0.0, left: 0.0, height: 0.36, width: 1.0 };
    let below = Place { top: 0.4, left: 0.0, height: 0.6, width: 1.0 };
    let part = |subject, place, colour| Part { subject, place, in_front: false, colour };
    let thing = part(Subject::Thing(thing), below, colour(lexicon, before));
    Some(vec![thing, part(Subject::Letters(said), above, None)])
}

/// The first relation between words, with the words before and after.
fn relation<'a>(words: &'a [&'a str]) -> Option<(&'a [&'a str], Relation, &'a [&'a str])> {
    let starts = 1..words.len().saturating_sub(1);
    starts.into_iter().find_map(|start| {
        let here = RELATIONS.iter().find(|(between, _)| words[start..].starts_with(between));
        here.map(|(between, relation)| {
            (&words[..start], *relation, &words[start + between.len()..])
        })
    })
}

/// The things of a group: "a cat, a dog and two birds". `None` when one of them is not known.
fn things(lexicon: &Lexicon, words: &[&str]) -> Option<Vec<Named>> {
    let mut found = Vec::new();
    for one in words.split(|word| JOINTS.contains(word)).filter(|one| !one.is_empty()) {
        let counted =
            |word: &str| NUMBERS.iter().find(|(name, _)| *name == word).map(|each| each.1);
        let count = one.iter().find_map(|word| counted(word)).unwrap_or(1);
        let named: Vec<_> = one.iter().copied().filter(|word| counted(word).is_none()).collect();
        let named = named.join(" ");
        found.extend(vec![(lexicon.known(&named)?, colour(lexicon, &named)); count]);
    }
    (1..=MOST_THINGS).contains(&found.len()).then_some(found)
}

/// Things side by side, in rows where they are many.
fn group(things: Vec<Named>, place: Place) -> Vec<Part> {
    let cells = place.cells(things.len());
    let part = |((thing, colour), place)| {
        let subject = Subject::Thing(thing);
        Part { subject, place, in_front: false, colour }
    };
    things.into_iter().zip(cells).map(part).collect()
}

fn related(relation: Relation, first: Vec<Named>, second: Vec<Named>) -> Vec<Part> {
    let place = |top, left, height, width| Place { top, left, height, width };
    let (of_first, of_second) = match relation {
        Relation::LeftOf => (place(0.0, 0.0, 1.0, 0.5), place(0.0, 0.5, 1.0, 0.5)),
        Relation::RightOf => (place(0.0, 0.5, 1.0, 0.5), place(0.0, 0.0, 1.0, 0.5)),
        Relation::Above => upper_and_lower(&first),
        Relation::Under => {
            let (upper, lower) = upper_and_lower(&second);
            (lower, upper)
        }
        Relation::Inside => (place(0.36, 0.3, 0.4, 0.4), Place::PAGE),
        Relation::Beside => {
            return group(first.into_iter().chain(second).collect(), Place::PAGE);
        }
    };
    let (mut parts, inner) = (group(second, of_second), group(first, of_first));
    let in_front = relation == Relation::Inside;
    parts.extend(inner.into_iter().map(|part| Part { in_front, ..part }));
    parts
}

/// Places for what lies above and what lies below; things of the sky are content with a corner.
fn upper_and_lower(upper: &[Named]) -> (Place, Place) {
    let place = |top, left, height, width| Place { top, left, height, width };
    match upper {
        [(alone, _)] if SKY.contains(&alone.concept.as_str()) => {
            (place(0.0, 0.62, 0.34, 0.38), place(0.26, 0.0, 0.74, 0.8))
        }
        _ => (place(0.0, 0.0, 0.48, 1.0), place(0.48, 0.0, 0.52, 1.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::lexicon::sample;
    use super::*;

    /// The parts as names with the middle of their places, in percent: down, right.
    fn parts(text: &str) -> Option<Vec<(String, i32, i32)>> {
        let parts = scene(&sample(), &Prompt::new(text).expect("sound"))?;
        let percent = |start: f32, length: f32| (100.0 * (start + length / 2.0)).round() as i32;
        let named = parts.into_iter().map(|Part { subject, place, .. }| {
            let name = match subject {
                Subject::Thing(meaning) => meaning.concept,
                Subject::Letters(lettering) => format!("\"{}\"", lettering.lines().join("/")),
            };
            (name, percent(place.top, place.height), percent(place.left, place.width))
        });
        Some(named.collect())
    }

    fn named(parts: &[(&str, i32, i32)]) -> Option<Vec<(String, i32, i32)>> {
        Some(parts.iter().map(|(name, down, right)| ((*name).to_owned(), *down, *right)).collect())
    }

    #[test]
    fn several_things_stand_side_by_side() {
        let pair = named(&[("cat", 50, 25), ("car", 50, 75)]);
        assert_eq!(parts("a cat and a car"), pair);
        assert_eq!(parts("the kitty next to a big red car"), pair);
        assert_eq!(parts("a cat left of a car"), named(&[("car", 50, 75), ("cat", 50, 25)]));
        assert_eq!(parts("two cats").map(|cats| cats.len()), Some(2));
        assert_eq!(parts("a kitty, a car and two cats").map(|all| all.len()), Some(4));
    }

    #[test]
    fn things_lie_over_under_and_inside_each_other() {
        assert_eq!(parts("a cat on a car"), named(&[("car", 74, 50), ("cat", 24, 50)]));
        let night = parts("a cat and a car under the moon").expect("a scene");
        assert_eq!(night[0].0, "moon");
        assert!(night[0].1 < 20 && night[1].1 > 50, "{night:?}");
        assert_eq!(
            parts("a cake in a car").map(|all| all[1].clone()),
            Some(("cake".into(), 56, 50))
        );
    }

    #[test]
    fn each_part_has_its_own_colour() {
        let colours = |text: &str| {
            let parts = scene(&sample(), &Prompt::new(text).expect("sound")).expect("a scene");
            parts.into_iter().map(|part| part.colour).collect::<Vec<_>>()
        };
        let night = colours("a green cat and two yellow cats under a blue moon");
        let (green, yellow) = (Some(Colour::Green), Some(Colour::Yellow));
        assert_eq!(night, [Some(Colour::Blue), green, yellow, yellow]);
        assert_eq!(colours("a cat and a red car"), [None, Some(Colour::Red)]);
        assert_eq!(colours("a pink cat saying red"), [Some(Colour::Pink), None]);
    }

    #[test]
    fn what_somebody_says_stands_above() {
        let said = parts("a cat saying HI").expect("a scene");
        assert_eq!((said[0].0.as_str(), said[1].0.as_str()), ("cat", "\"HI\""));
        assert!(said[1].1 < said[0].1);
        assert_eq!(parts("a cat says: \"Good day\"").expect("a scene")[1].0, "\"Good/day\"");
    }

    #[test]
    fn other_texts_are_no_scenes() {
        for text in [
            "cat",
            "a birthday cake",
            "a red car",
            "a cat and a griffin",
            "something with a cat",
            "and",
            "cats in the rain",
            "a dozen cats",
            "nobody saying HI",
        ] {
            assert_eq!(parts(text), None, "{text}");
        }
    }
}
