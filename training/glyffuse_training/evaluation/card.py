"""Writes tables into a model card, between marks that a later run finds again."""

from __future__ import annotations

from pathlib import Path

BEGIN, END = "<!-- evaluation -->", "<!-- /evaluation -->"


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def write(path: Path, text: str) -> None:
    """Puts the text between the marks; adds the marks to a card that has none.

    Raises ValueError where a card begins the tables and does not end them: what follows would be lost.
    """
    card = path.read_text("utf-8") if path.is_file() else "# Model card\n"
    if BEGIN not in card:
        card = f"{card.rstrip()}\n\n{BEGIN}\n{END}\n"
    before, _, rest = card.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{path}: {BEGIN} has no {END} after it")
    path.write_text(f"{before}{BEGIN}\n{text.strip()}\n{END}{after}", "utf-8")
