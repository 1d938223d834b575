"""Runs every `$ glyffuse …` command of the documents' console blocks and writes its output below it.

`python docs/refresh.py` after `cargo build --release`: a drawing in a document is what the program
printed. `tests/documents.rs` fails where it is not.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")), *ROOT.glob("models/*/MODEL_CARD.md")]
BLOCK = re.compile(r"```console\n\$ (glyffuse [^\n]*)\n.*?```", re.DOTALL)


def output(command: str) -> str:
    """What the program prints, on stderr first: that is said before the drawing."""
    binary = ROOT / "target" / "release" / "glyffuse"
    words = [str(binary), *shlex.split(command)[1:]]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{command}: {done.stderr.strip()}")
    lines = [line.rstrip() for line in (done.stderr + done.stdout).rstrip().splitlines()]
    return "\n".join(lines)


def main() -> None:
    """Rewrites the documents in place."""
    for document in DOCUMENTS:
        if not document.is_file():
            continue
        text = document.read_text("utf-8")
        fresh = BLOCK.sub(lambda match: f"```console\n$ {match[1]}\n{output(match[1])}\n```", text)
        if fresh != text:
            document.write_text(fresh, "utf-8")
            print(f"{document.relative_to(ROOT)}: rewritten")


if __name__ == "__main__":
    main()
