"""Writes tables into a model card, between marks that a later run finds again."""

from __future__ import annotations

from pathlib import Path

#: What the tables of reading accuracy stand between.
EVALUATION = "evaluation"


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def write(path: Path, text: str, mark: str = EVALUATION) -> None:
    """Puts the text between the marks `<!-- mark -->` and `<!-- /mark -->`; adds the marks to a card that has none.

    Raises ValueError where a card begins the tables and does not end them: what follows would be lost.
    """
    card = path.read_text("utf-8") if path.is_file() else "# Model card\n"
    begin, finish = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    if begin not in card:
        card = f"{card.rstrip()}\n\n{begin}\n{finish}\n"
    before, _, rest = card.partition(begin)
    _, end, after = rest.partition(finish)
    if not end:
        raise ValueError(f"{path}: {begin} has no {finish} after it")
    path.write_text(f"{before}{begin}\n{text.strip()}\n{finish}{after}", "utf-8")
