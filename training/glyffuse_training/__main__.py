"""The command line: `python -m glyffuse_training <data|train|low-res|letters|distil|ranker|refine|export|
evaluate|evaluate-letters|sheet|golden>`."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

TRAINING = Path(__file__).resolve().parents[1]

#: Command to what it does; each is a module with add_arguments and main.
COMMANDS = {
    "data": "fetch the icon sets and build the data set",
    "train": "start or resume a training run",
    "low-res": "train the first stage of the cascade: low-resolution maps",
    "letters": "train the denoiser of single letters",
    "distil": "teach a trained model to draw in few steps",
    "ranker": "train the network that picks the best of several drawings",
    "refine": "teach the first stage from its own layouts that read best",
    "export": "write the model folder that the program runs",
    "evaluate": "judge a released model and write the tables of its model card",
    "evaluate-letters": "let OCR read a model's lettering and FIGlet's",
    "sheet": "show drawings of a run as a picture and as characters",
    "golden": "write the golden vectors of the program's tests",
}


def main(words: list[str] | None = None) -> int:
    """Runs one command; a fault that the person can mend is one sentence and exit code 2."""
    parser = argparse.ArgumentParser(prog="glyffuse_training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, purpose in COMMANDS.items():
        command = commands.add_parser(name, help=purpose, description=purpose)
        command.add_argument("--config", type=Path, default=TRAINING / "configs" / "small.toml")
        command.add_argument("--work", type=Path, default=TRAINING / "work", help="work folder")
        command.add_argument("--quiet", action="store_true", help="no progress bar")
        importlib.import_module(f"glyffuse_training.{_module(name)}").add_arguments(command)
    arguments = parser.parse_args(words)
    module = importlib.import_module(f"glyffuse_training.{_module(arguments.command)}")
    try:
        module.main(arguments)
    except (FileNotFoundError, ValueError, RuntimeError) as fault:
        print(f"{parser.prog} {arguments.command}: {fault}", file=sys.stderr)
        return 2
    return 0


def _module(command: str) -> str:
    modules = {
        "data": "data.command",
        "evaluate": "evaluation.command",
        "evaluate-letters": "evaluation.lettering",
        "letters": "lettering.command",
        "low-res": "cascade",
        "ranker": "ranking.command",
    }
    return modules.get(command, command)


if __name__ == "__main__":
    sys.exit(main())
