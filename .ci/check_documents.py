"""Fails when a document names a file that is not there, or a model folder is too large."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LARGEST_MODELS = 60_000_000


def missing_links() -> list[str]:
    """Relative links of the documents that lead nowhere."""
    faults = []
    for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("models/*/*.md"), *ROOT.glob("training/*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)\)", document.read_text("utf-8")):
            if "://" not in target and not (document.parent / target).exists():
                faults.append(f"{document.relative_to(ROOT)}: there is no {target}")
    return faults


def main() -> int:
    """Prints every fault; 1 when there is one."""
    faults = missing_links()
    size = sum(path.stat().st_size for path in (ROOT / "models").rglob("*") if path.is_file())
    if size > LARGEST_MODELS:
        faults.append(f"models/ holds {size / 1e6:.1f} MB, more than {LARGEST_MODELS / 1e6:.0f}")
    print("\n".join(faults) or "documents and sizes are sound")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
