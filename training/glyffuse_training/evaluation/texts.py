"""Texts other than a concept's name: sentences, colours, synonyms, definitions, emoji, languages."""

from __future__ import annotations

from pathlib import Path

from .. import descriptions
from ..data import captions
from ..lexicon import synonyms
from .scenes import article

#: Languages whose CLDR names of emoji are asked for.
LANGUAGES = {
    "es": "Spanish", "fr": "French", "de": "German", "pt": "Portuguese", "it": "Italian",
    "pl": "Polish", "ru": "Russian", "tr": "Turkish", "ar": "Arabic", "hi": "Hindi",
    "zh": "Chinese", "ja": "Japanese", "ko": "Korean",
}  # fmt: skip

#: A text and the row of the concept that it means.
Asked = list[tuple[str, int]]


def sets(work: Path, concepts: list[str]) -> dict[str, Asked]:
    """What is asked for, by the name of its row in the table."""
    rows = list(enumerate(concepts))
    seen = {concept: set(texts) for concept, texts in captions.captions(work).items()}
    glosses, symbols = captions.definitions(work), captions.emoji_of_concepts(work)
    same = synonyms(work, concepts)
    asked: dict[str, Asked] = {
        "the name": [(concept, row) for row, concept in rows],
        "in a sentence": [(f"please draw me {article(concept)}", row) for row, concept in rows],
        "with a colour": [(f"a red {concept}", row) for row, concept in rows],
        "synonyms that training never saw": [
            (word, row)
            for row, concept in rows
            for word in same[concept]
            if word not in seen[concept] and word not in concepts
        ],
        "definitions (WordNet's)": [(glosses[c], row) for row, c in rows if c in glosses],
        "descriptions that training never saw": [
            (text, concepts.index(concept))
            for concept, text in descriptions.read(descriptions.HELD_OUT)
            if concept in concepts
        ],
        "emoji": [(symbols[c][0], row) for row, c in rows if symbols[c]],
    }
    for code, language in LANGUAGES.items():
        names = captions.emoji_annotations(work, code)
        asked[language] = [
            (names[symbol]["tts"][0], row)
            for row, concept in rows
            for symbol in symbols[concept][:1]
            if names.get(symbol, {}).get("tts")
        ]
    return asked


def understood(asked: Asked, drawn: list[dict], concepts: list[str]) -> int:
    """How many texts were drawn as the concept that they mean; the program says nothing where a text
    holds its name.
    """
    right = 0
    for (text, row), record in zip(asked, drawn, strict=True):
        said = record.get("drawn_as")
        right += said == concepts[row] if said else concepts[row] in text
    return right
