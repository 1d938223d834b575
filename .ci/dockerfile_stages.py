"""Carries out the stages of the Dockerfile without a container engine, and runs what they made.

    python3 .ci/dockerfile_stages.py build --base rust=FOLDER --base debian=FOLDER --work FOLDER
    python3 .ci/dockerfile_stages.py run --image IMAGE --data FOLDER [WORD …]

Folders of `--base` are roots that stand in for the images of that name. Every stage becomes a root of
its own under `--work`; RUN steps happen in it by chroot, COPY obeys .dockerignore. `run` starts the
last stage as an engine would: its user, its variables, no privileges, a root file system that cannot
be written to, and /data. It has to be root for that. Only what our Dockerfile uses is understood;
anything else is refused. $WRAP is put before the steps, for example `nice`.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# How this machine reaches package registries, whatever it is.
NETWORK = re.compile(r"(?i)^((https?|no|all)_proxy|PIP_.*|CARGO_(HTTP|NET|REGISTR|SOURCE)\w*)$")
CERTIFICATES = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "CARGO_HTTP_CAINFO")
# Mounts that are gone when the program ends, what an engine mounts for every container, and the way in.
NAMESPACE = ["unshare", "--mount", "--propagation=private", "sh", "-ec"]
MOUNTS = 'mount -t proc proc "$0/proc"; mount --rbind /dev "$0/dev"'
ENTER = 'exec chroot "$0" "$@"'


@dataclass
class Image:
    """A root and how a program is started in it."""

    root: str
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": PATH})
    user: str = "0:0"
    folder: str = "/"
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)
    volumes: list[str] = field(default_factory=list)


def instructions(text: str) -> list[tuple[str, str]]:
    """The instructions with their arguments, continued lines joined."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [tuple(line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


def substituted(text: str, variables: dict[str, str]) -> str:
    """The text with ${NAME} and $NAME replaced."""
    return re.sub(r"\$\{?(\w+)\}?", lambda match: variables.get(match[1], ""), text)


def ignored(path: str, patterns: list[str]) -> bool:
    """Whether .dockerignore leaves a path out: the last pattern that fits decides."""
    parts = path.split("/")
    beginnings = ["/".join(parts[: end + 1]) for end in range(len(parts))]
    out = False
    for pattern in patterns:
        keeps = pattern.startswith("!")
        pattern = pattern.lstrip("!")
        depth = pattern.count("/")
        if any(b.count("/") == depth and fnmatch.fnmatchcase(b, pattern) for b in beginnings):
            out = not keeps
    return out


def context() -> list[str]:
    """The files that are sent to the build."""
    text = (ROOT / ".dockerignore").read_text("utf-8")
    patterns = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    files = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], capture_output=True, check=True, text=True).stdout
    return [path for path in files.split("\0") if path and not ignored(path, patterns)]


def copy(sources: list[tuple[Path, str]], to: Path, into: bool) -> None:
    """Copies files and the contents of folders, as COPY does."""
    for source, _ in sources:
        if source.is_dir():
            shutil.copytree(source, to, dirs_exist_ok=True, symlinks=True)
        else:
            target = to / source.name if into or to.is_dir() else to
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)


def copy_step(words: list[str], image: Image, stages: dict[str, Image]) -> None:
    """One COPY."""
    options = [word for word in words if word.startswith("--")]
    *sources, to = [word for word in words if not word.startswith("--")]
    if any(not option.startswith("--from=") for option in options):
        sys.exit(f"COPY with {options} is not understood here")
    target = Path(image.root) / os.path.join(image.folder, to).lstrip("/")
    into = to.endswith("/") or len(sources) > 1
    if options:
        stage = Path(stages[options[0].removeprefix("--from=")].root)
        copy([(stage / source.lstrip("/"), source) for source in sources], target, into)
        return
    for path in context():
        for source in sources:
            inside = path if source == "." else path.removeprefix(source.rstrip("/")).lstrip("/")
            if source == "." or path == source or path.startswith(source.rstrip("/") + "/"):
                destination = target / (inside or Path(path).name) if (into or source == "." or inside) else target
                destination.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / path, destination)


def network(root: Path) -> dict[str, str]:
    """Lets a root reach what this machine reaches; the variables for that."""
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    found = {name: value for name, value in os.environ.items() if NETWORK.match(name)}
    bundle = os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt")
    if Path(bundle).is_file():
        # Beside the root's own, which packages may still install.
        shutil.copy(bundle, root / "var/certificates.crt")
        found |= dict.fromkeys(CERTIFICATES, "/var/certificates.crt")
    return found


def step(image: Image, variables: dict[str, str], command: str) -> None:
    """One RUN, with mounts that end with it."""
    root = Path(image.root)
    environment = {"HOME": "/root", **network(root), **image.environment, **variables}
    words = [f"{name}={value}" for name, value in environment.items()]
    inside = [str(root), "/usr/bin/env", "-i", "-C", image.folder, *words, "/bin/sh", "-ec", command]
    before = shlex.split(os.environ.get("WRAP", ""))
    if subprocess.run([*before, *NAMESPACE, f"{MOUNTS}; {ENTER}", *inside], check=False).returncode:
        sys.exit(f"this step failed: {command}")


def build(bases: dict[str, Path], work: Path, given: dict[str, str]) -> Image:
    """All stages; the last one."""
    everywhere: dict[str, str] = {}
    variables: dict[str, str] = {}
    stages: dict[str, Image] = {}
    image: Image | None = None
    for name, rest in instructions((ROOT / "Dockerfile").read_text("utf-8")):
        started = time.monotonic()
        if name == "ARG":
            key, _, value = rest.partition("=")
            if image is None:
                everywhere[key] = given.get(key, value)
            else:
                variables[key] = given.get(key, value or everywhere.get(key, ""))
            continue
        if name == "FROM":
            origin, *alias = substituted(rest, everywhere).split()
            label = alias[1] if alias else "last"
            base = bases[origin.split(":")[0]]
            root = work / label
            subprocess.run(["rm", "-rf", "--one-file-system", root], check=True)
            subprocess.run(["cp", "-a", "--reflink=auto", base, root], check=True)
            image, variables = Image(str(root)), {}
            stages[label] = image
        elif image is None:
            sys.exit(f"{name} before FROM")
        elif name == "RUN":
            command = re.sub(r"^(--mount=\S+\s+)+", "", rest)
            step(image, variables, command)
        elif name == "COPY":
            copy_step(shlex.split(rest), image, stages)
        elif name == "ENV":
            for word in shlex.split(rest):
                key, _, value = word.partition("=")
                image.environment[key] = substituted(value, image.environment | variables)
        elif name == "WORKDIR":
            image.folder = rest
            (Path(image.root) / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
        elif name == "USER":
            image.user = rest
        elif name == "VOLUME":
            image.volumes = rest.split()
        elif name == "ENTRYPOINT":
            image.entrypoint = json.loads(rest)
        elif name == "CMD":
            image.command = json.loads(rest)
        elif name == "HEALTHCHECK":
            image.health = json.loads(rest[rest.index("CMD") + 3 :])
        else:
            sys.exit(f"{name} is not understood here")
        print(f"{time.monotonic() - started:7.1f} s  {name} {rest[:90]}", flush=True)
    if image is None:
        sys.exit("the Dockerfile has no stage")
    return image


def run(image: Image, data: Path, words: list[str], variables: list[str]) -> None:
    """Becomes the program of an image, which can write to /data and /tmp only."""
    environment = [f"{name}={value}" for name, value in image.environment.items()] + variables
    user, group = image.user.split(":")
    mounts = ['mount --bind "$0" "$0"', 'mount -o remount,bind,ro "$0"', MOUNTS, 'mount -t tmpfs tmpfs "$0/tmp"']
    mounts += [f'mount --bind {shlex.quote(str(data))} "$0{volume}"' for volume in image.volumes]
    dropped = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", "--no-new-privs"]
    dropped += ["--bounding-set=-all", "--inh-caps=-all"]
    inside = [image.root, *dropped, "/usr/bin/env", "-i", "-C", image.folder, *environment, *words]
    script = "; ".join([*mounts, ENTER])
    os.execvp(NAMESPACE[0], [*NAMESPACE, script, *inside])


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="what", required=True)
    builds = commands.add_parser("build")
    builds.add_argument("--base", action="append", default=[], help="NAME=FOLDER")
    builds.add_argument("--build-arg", action="append", default=[], help="NAME=VALUE")
    builds.add_argument("--work", type=Path, required=True)
    runs = commands.add_parser("run")
    runs.add_argument("--image", type=Path, required=True)
    runs.add_argument("--data", type=Path, required=True)
    runs.add_argument("--env", action="append", default=[], help="NAME=VALUE")
    runs.add_argument("--health", action="store_true", help="the health check instead of the program")
    runs.add_argument("words", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    if given.what == "build":
        pairs = [dict(word.split("=", 1) for word in words) for words in (given.base, given.build_arg)]
        image = build({name: Path(folder) for name, folder in pairs[0].items()}, given.work, pairs[1])
        (given.work / "image.json").write_text(json.dumps(asdict(image), indent=1), "utf-8")
        return
    image = Image(**json.loads(given.image.read_text("utf-8")))
    words = image.health if given.health else image.entrypoint + (given.words or image.command)
    run(image, given.data, words, given.env)


if __name__ == "__main__":
    main()
