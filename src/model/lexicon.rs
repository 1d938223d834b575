//! The words that the model knows: exact phrases in many languages, and the nearest meaning of
//! anything else.
use super::description::{self, Descriptions};
use super::{LexiconSpec, ModelError};
use ndarray::{Array1, Array2, ArrayView1, Axis};
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;
use std::fs;
use std::path::Path;
use unicode_normalization::UnicodeNormalization;

/// Most words of a phrase that is looked for inside a longer text.
const LONGEST_PHRASE: usize = 5;
/// Words after which a text says something about its subject, or names a second one.
pub(super) const AFTER_SUBJECT: [&str; 22] = [
    "in", "on", "at", "with", "without", "under", "over", "of", "for", "from", "by", "and", "near",
    "behind", "beside", "that", "which", "who", "wearing", "eating", "riding", "holding",
];

/// The concepts of a model with their phrases and text vectors.
#[derive(Debug)]
pub struct Lexicon {
    concepts: Vec<String>,
    /// `phrase\trow\tinside` lines, sorted by the bytes of the phrase; `inside` is 1 for phrases that
    /// may be found inside a longer text.
    phrases: String,
    /// Where each line begins.
    lines: Vec<usize>,
    /// Unit vectors, `[concepts, embedding_size]`.
    embeds: Array2<f32>,
    /// What reads descriptions, in models that have learned to.
    descriptions: Option<Descriptions>,
    snap_below: f32,
}

/// What a text means to the model.
#[derive(Debug, Clone, PartialEq)]
pub struct Meaning {
    /// The text vector that conditions the drawing.
    pub text_embeds: Array1<f32>,
    /// The nearest concept's name.
    pub concept: String,
    /// How near the text is to the concept: 1 for a known phrase, the probability of a concept that is
    /// described, else the cosine similarity.
    pub similarity: f32,
}

impl Lexicon {
    /// Reads the lexicon's files.
    ///
    /// # Errors
    /// [`ModelError`] naming the file that cannot be read or makes no sense.
    pub fn read(folder: &Path, spec: &LexiconSpec) -> Result<Self, ModelError> {
        let text = |file: &str| {
            let path = folder.join(file);
            fs::read_to_string(&path).map_err(|source| ModelError::Unreadable { path, source })
        };
        let concepts: Vec<_> = text(&spec.concepts)?.lines().map(str::to_owned).collect();
        let phrases = text(&spec.phrases)?;
        let mut lines = Vec::new();
        let mut start = 0;
        for line in phrases.split_inclusive('\n') {
            lines.push(start);
            start += line.len();
        }
        let path = folder.join(&spec.embeds);
        let bytes = fs::read(&path)
            .map_err(|source| ModelError::Unreadable { path: path.clone(), source })?;
        let (embeds, descriptions) = read_vectors(&bytes, concepts.len())
            .map_err(|reason| ModelError::Corrupt { path, reason })?;
        Ok(Self { concepts, phrases, lines, embeds, descriptions, snap_below: spec.snap_below })
    }

    /// Names of the concepts.
    pub fn concepts(&self) -> &[String] {
        &self.concepts
    }

    /// Number of phrases.
    pub fn phrase_count(&self) -> usize {
        self.lines.len()
    }

    /// Whether a text is a known phrase as a whole.
    pub fn is_phrase(&self, text: &str) -> bool {
        self.row(&normalise(text)).is_some()
    }

    /// Whether a text has to be read as a sentence: it is no known phrase, and may describe a thing.
    pub fn describes(&self, text: &str) -> bool {
        self.descriptions.is_some() && !self.is_phrase(text) && description::describes(text)
    }

    /// The meaning of a text that is a known phrase, or holds one: "kitty", "gato", "a red car".
    pub fn known(&self, text: &str) -> Option<Meaning> {
        let text = normalise(text);
        let whole = self.row(&text).map(|(row, _)| row);
        Some(self.meaning(whole.or_else(|| self.row_inside(&text))?, 1.0))
    }

    /// The meaning of any text, with its vector: what it describes, what it names, or the nearest.
    pub fn meaning_of(&self, text: &str, text_embeds: ArrayView1<'_, f32>) -> Meaning {
        let described = self.descriptions.as_ref().filter(|_| self.describes(text));
        let read = described.and_then(|read| read.read(text_embeds, self.named(text)));
        match read {
            Some((row, probability)) => self.meaning(row, probability),
            None => self.known(text).unwrap_or_else(|| self.nearest(text_embeds)),
        }
    }

    /// The concept whose phrase ends the words that name a sentence's subject.
    fn named(&self, text: &str) -> Option<usize> {
        let subject = description::subject(text);
        let words: Vec<_> = subject.split(' ').collect();
        (1..=LONGEST_PHRASE.min(words.len())).rev().find_map(|length| {
            let (row, inside) = self.row(&words[words.len() - length..].join(" "))?;
            inside.then_some(row)
        })
    }

    /// A concept as a meaning.
    fn meaning(&self, row: usize, similarity: f32) -> Meaning {
        let text_embeds = self.embeds.row(row).to_owned();
        Meaning { text_embeds, concept: self.concepts[row].clone(), similarity }
    }

    /// The nearest meaning of a text vector: the vector itself where a concept is near, else the
    /// nearest concept's.
    fn nearest(&self, text_embeds: ArrayView1<'_, f32>) -> Meaning {
        let similarities = self.embeds.dot(&text_embeds);
        let mut best = 0;
        for (row, &similarity) in similarities.iter().enumerate() {
            if similarity > similarities[best] {
                best = row;
            }
        }
        let similarity = similarities[best];
        let own = similarity >= self.snap_below;
        Meaning {
            text_embeds: if own {
                text_embeds.to_owned()
            } else {
                self.embeds.row(best).to_owned()
            },
            concept: self.concepts[best].clone(),
            similarity,
        }
    }

    /// The concept of an exact phrase, and whether the phrase may be found inside a longer text.
    fn row(&self, phrase: &str) -> Option<(usize, bool)> {
        let at = |line: &usize| self.phrases[*line..].split('\t').next().unwrap_or_default();
        let index = self.lines.binary_search_by(|line| at(line).cmp(phrase)).ok()?;
        let mut parts = self.phrases[self.lines[index]..].lines().next()?.split('\t').skip(1);
        let row = parts.next()?.parse().ok().filter(|&row| row < self.concepts.len())?;
        Some((row, parts.next() == Some("1")))
    }

    /// The concept of the longest phrase inside a text: in the part that names the subject first,
    /// and there the last, since English puts the noun last.
    fn row_inside(&self, text: &str) -> Option<usize> {
        let words: Vec<_> = text.split(' ').collect();
        let subject = words.iter().position(|word| AFTER_SUBJECT.contains(word));
        let subject = subject.unwrap_or(words.len());
        [&words[..subject], &words[..]].into_iter().find_map(|words| {
            (1..=LONGEST_PHRASE.min(words.len())).rev().find_map(|length| {
                let phrases = words.windows(length).rev().map(|phrase| phrase.join(" "));
                phrases
                    .filter_map(|phrase| self.row(&phrase))
                    .find_map(|(row, inside)| inside.then_some(row))
            })
        })
    }
}

/// The form in which phrases are compared: NFKC, lower case, no punctuation at the ends of words,
/// single spaces. Training writes the same form. Composed once
/// more after lowering: some small letters have a composed form that the capital lacks.
pub fn normalise(text: &str) -> String {
    let lower: String =
        text.nfkc().flat_map(char::to_lowercase).filter(|&c| c != '\u{FE0F}').nfkc().collect();
    let words = lower.split_whitespace().map(|word| {
        word.trim_matches(|c: char| c.is_ascii_punctuation() || matches!(c, '“' | '”' | '‘' | '’'))
    });
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The unit vectors of the concepts, and what reads descriptions where the file holds it.
fn read_vectors(
    bytes: &[u8],
    concepts: usize,
) -> Result<(Array2<f32>, Option<Descriptions>), String> {
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
    let mut embeds = read_matrix(&tensors, "concept_embeds", concepts)?;
    for mut row in embeds.axis_iter_mut(Axis(0)) {
        let length = row.dot(&row).sqrt();
        if !length.is_finite() || length == 0.0 {
            return Err("it holds a vector without direction".to_owned());
        }
        row /= length;
    }
    if !tensors.names().contains(&"description_weights") {
        return Ok((embeds, None));
    }
    let weights = read_matrix(&tensors, "description_weights", concepts)?;
    let bias = read_matrix(&tensors, "description_bias", concepts)?;
    if weights.ncols() != embeds.ncols() || bias.ncols() != 1 {
        return Err("its tensors do not fit each other".to_owned());
    }
    if !weights.iter().chain(&bias).all(|value| value.is_finite()) {
        return Err("it holds numbers that are not finite".to_owned());
    }
    Ok((embeds, Some(Descriptions { weights, bias: bias.column(0).to_owned() })))
}

/// A float16 matrix with one row a concept.
fn read_matrix(
    tensors: &SafeTensors<'_>,
    name: &str,
    concepts: usize,
) -> Result<Array2<f32>, String> {
    let tensor = tensors.tensor(name).map_err(|error| error.to_string())?;
    let &[rows, size] = tensor.shape() else { return Err(format!("{name} is not a matrix")) };
    if rows != concepts || tensor.dtype() != Dtype::F16 {
        return Err(format!("it holds {rows} vectors for {concepts} concepts, or not as float16"));
    }
    let values = tensor.data().chunks_exact(2);
    let values = values.map(|pair| half::f16::from_le_bytes([pair[0], pair[1]]).to_f32()).collect();
    Array2::from_shape_vec((rows, size), values).map_err(|error| error.to_string())
}

/// A lexicon of five things, for tests.
#[cfg(test)]
pub(super) fn sample() -> Lexicon {
    let phrases = "birthday cake\t2\t1\ncake\t3\t1\ncar\t1\t1\ncat\t0\t1\ncats\t0\t1\n\
                       gato\t0\t1\nkitty\t0\t1\nmoon\t4\t1\npurr\t0\t0\n猫\t0\t1\n";
    let mut lines = Vec::new();
    let mut start = 0;
    for line in phrases.split_inclusive('\n') {
        lines.push(start);
        start += line.len();
    }
    Lexicon {
        concepts: ["cat", "car", "birthday cake", "cake", "moon"].map(str::to_owned).to_vec(),
        phrases: phrases.to_owned(),
        lines,
        embeds: Array2::eye(5),
        descriptions: Some(Descriptions { weights: Array2::eye(5) * 9.0, bias: Array1::zeros(5) }),
        snap_below: 0.8,
    }
}

#[cfg(test)]
mod tests {
    use super::sample as lexicon;

    fn concept(text: &str) -> Option<String> {
        lexicon().known(text).map(|meaning| meaning.concept)
    }

    #[test]
    fn phrases_are_found_in_any_spelling_and_language() {
        for text in ["cat", " CAT! ", "Gato", "猫", "kitty", "ｃａｔ"] {
            assert_eq!(concept(text).as_deref(), Some("cat"), "{text}");
        }
        assert_eq!(concept("catalogue"), None);
    }

    #[test]
    fn the_subject_of_a_longer_text_is_found() {
        assert_eq!(concept("a big red car, please").as_deref(), Some("car"));
        assert_eq!(concept("My \"Birthday Cake\"").as_deref(), Some("birthday cake"));
        assert_eq!(concept("a cat in a car").as_deref(), Some("cat"));
        assert_eq!(concept("something with a cat").as_deref(), Some("cat"));
        assert_eq!(concept("purr").as_deref(), Some("cat"));
        assert_eq!(concept("a loud purr"), None, "some phrases stand for a thing only when alone");
    }

    #[test]
    fn sentences_are_read_as_a_whole_unless_they_name_their_subject() {
        let like_the_moon = ndarray::arr1(&[0.0, 0.0, 0.0, 0.0, 1.0]);
        let concept = |text| lexicon().meaning_of(text, like_the_moon.view()).concept;
        assert_eq!(concept("it shines on every cat in the night"), "moon");
        assert_eq!(concept("kitty"), "cat");
        assert_eq!(concept("un gato"), "cat");
        let unclear = ndarray::arr1(&[0.2, 0.0, 0.0, 0.0, 0.5]);
        let named = lexicon().meaning_of("a cat that looks at the moon", unclear.view());
        assert_eq!((named.concept.as_str(), named.similarity), ("cat", 1.0));
    }

    #[test]
    fn far_texts_snap_to_the_nearest_concept() {
        let far = lexicon().nearest(ndarray::arr1(&[0.1, 0.6, 0.0, 0.0, 0.0]).view());
        assert_eq!(far.concept, "car");
        assert_eq!(far.text_embeds, ndarray::arr1(&[0.0, 1.0, 0.0, 0.0, 0.0]));
        let near = lexicon().nearest(ndarray::arr1(&[0.1, 0.9, 0.0, 0.0, 0.0]).view());
        assert_eq!(near.text_embeds, ndarray::arr1(&[0.1, 0.9, 0.0, 0.0, 0.0]));
    }
}
