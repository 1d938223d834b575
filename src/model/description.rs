//! Texts that describe a thing instead of naming it: "you open it when it rains".
//!
//! A softmax classifier over the concepts (multinomial logistic regression on the text vector) has
//! learned from descriptions. It is asked about English sentences only; where their subject is named,
//! the name counts far more than what the sentence is like.
use super::lexicon::{AFTER_SUBJECT, normalise};
use ndarray::{Array1, Array2, ArrayView1};

/// Fewest words of a description.
const FEWEST_WORDS: usize = 3;
/// What a named subject gains, in nats, over what the sentence is like: about fifty times as likely.
const NAMED: f32 = 4.0;
/// Least probability of a concept that a description is taken for.
const LEAST: f32 = 0.1;
/// Words one of which every English description holds.
const HINTS: &str = "the that which you your it its with for of to has have is are where when what \
    something thing who whose and used made they";
/// Words after which a sentence goes on about its subject, besides [`AFTER_SUBJECT`].
const STOPS: &str = "to when where you it has have is are was used made like as we they whose what";
/// Words before what is to be shown: "a photo of a cat".
const PICTURES: [&str; 7] = ["picture", "photo", "image", "drawing", "sketch", "painting", "icon"];

/// The classifier of descriptions.
#[derive(Debug)]
pub(super) struct Descriptions {
    /// `[concepts, embedding_size]`.
    pub weights: Array2<f32>,
    /// `[concepts]`.
    pub bias: Array1<f32>,
}

impl Descriptions {
    /// The concept that a text vector describes, and its probability. `named` is the row of the concept
    /// that the text names as its subject, if any; its probability then counts as certain when it wins.
    /// `None` where nothing is likely enough.
    pub fn read(
        &self,
        text_embeds: ArrayView1<'_, f32>,
        named: Option<usize>,
    ) -> Option<(usize, f32)> {
        let logits = self.weights.dot(&text_embeds) + &self.bias;
        let mut top = 0;
        for (row, &logit) in logits.iter().enumerate() {
            if logit > logits[top] {
                top = row;
            }
        }
        if let Some(named) = named.filter(|&named| logits[named] + NAMED >= logits[top]) {
            return Some((named, 1.0));
        }
        let total: f32 = logits.iter().map(|logit| (logit - logits[top]).exp()).sum();
        (total.recip() >= LEAST).then(|| (top, total.recip()))
    }
}

/// Whether a text may be an English description.
pub(super) fn describes(text: &str) -> bool {
    let text = normalise(text);
    let words: Vec<_> = text.split(' ').collect();
    words.len() >= FEWEST_WORDS && words.iter().any(|word| listed(HINTS, word))
}

/// The words at the beginning of a sentence that can name its subject: "a striped cat" of "a striped
/// cat that roars, seen at night".
pub(super) fn subject(text: &str) -> String {
    let text = normalise(text.split([',', ';', ':']).next().unwrap_or_default());
    let mut words: Vec<_> = text.split(' ').collect();
    let shown = words.windows(2).position(|pair| PICTURES.contains(&pair[0]) && pair[1] == "of");
    words.drain(..shown.map_or(0, |place| place + 2));
    let goes_on = |word: &&str| AFTER_SUBJECT.contains(word) || listed(STOPS, word);
    words.into_iter().take_while(|word| !goes_on(word)).collect::<Vec<_>>().join(" ")
}

/// Whether a word stands in a list of words.
fn listed(list: &str, word: &str) -> bool {
    list.split(' ').any(|listed| listed == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_sentences_may_describe() {
        assert!(describes("you open it when it rains"));
        for other in ["a red car", "ein roter Hund", "umbrella", "", "the cat"] {
            assert!(!describes(other), "{other}");
        }
    }

    #[test]
    fn the_subject_ends_where_the_sentence_goes_on() {
        for (text, words) in [
            ("a striped cat that roars", "a striped cat"),
            ("a photo of a cat", "a cat"),
            ("four wheels, made to drive to work", "four wheels"),
            ("it has feathers", ""),
            ("", ""),
        ] {
            assert_eq!(subject(text), words);
        }
    }

    #[test]
    fn a_named_subject_wins_unless_the_sentence_is_clear() {
        let weights = Array2::from_diag(&ndarray::arr1(&[1.0, 1.0]));
        let read = |like: [f32; 2], named| {
            Descriptions { weights: weights.clone(), bias: Array1::zeros(2) }
                .read(ndarray::arr1(&like).view(), named)
                .map(|(row, _)| row)
        };
        assert_eq!(read([3.0, 0.0], None), Some(0));
        assert_eq!(read([3.0, 0.0], Some(1)), Some(1));
        assert_eq!(read([9.0, 0.0], Some(1)), Some(0));
    }
}
