"""How long small commands take, from start to end, beside Python alone and the libraries that they stand on."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.figures import Figure, Options, Series, WrongResult

ROOT = Path(__file__).resolve().parents[2]
MOST = 0.5
"""Seconds."""

_KOPPEL = ("-c", "from webapp.cli import main; main()")
_ADD = ("--organisation", "Maat", "--role", "staff", "--password-stdin")
LIBRARIES = "import flask, sqlalchemy.orm"
BESIDE: dict[str, tuple[str, ...]] = {
    "python -c pass": ("-c", "pass"),
    LIBRARIES: ("-c", "import flask, sqlalchemy.orm"),
}
COMMANDS: dict[str, tuple[str, ...]] = {
    "koppel --help": ("--help",),
    "koppel user add --help": ("user", "add", "--help"),
    "koppel user add": (
        "user",
        "add",
        "{}@maat.example",
        "--organisation",
        "Maat",
        "--role",
        "staff",
        "--password-stdin",
    ),
    "koppel runs list": ("runs", "list"),
    "koppel secrets rotate": ("secrets", "rotate"),
    "koppel doctor": ("doctor",),
}


def measure(options: Options) -> list[Figure]:
    """Return the seconds of each, in turn, on an empty SQLite; the vendor that `doctor` asks for the time is closed."""
    series = Series()
    with tempfile.TemporaryDirectory(prefix="koppel-start-") as name:
        environ = {"PATH": os.environ["PATH"], "KOPPEL_DATA": name, "YUKI_NL_URL": "http://127.0.0.1:1", "PORT": "8099"}
        _took(environ, *_KOPPEL, "init")
        _took(environ, *_KOPPEL, "organisation", "add", "Maat")
        for number in range(options.rounds + 1):
            took = {title: _took(environ, *words) for title, words in BESIDE.items()}
            for title, words in COMMANDS.items():
                took[title] = _took(environ, *_KOPPEL, *(word.format(f"p{number}") for word in words))
            if number:  # the first round fills the caches of the disk
                for title, seconds in took.items():
                    series.add(title, seconds)
                    series.add(f"{title} / {LIBRARIES}", seconds / took[LIBRARIES])
                options.tell(f"  round {number}")
    note = "the whole command, an empty SQLite"
    return [
        *(series.figure(title, unit="s") for title in BESIDE),
        *(series.figure(title, unit="s", bound=MOST, most=True, note=note) for title in COMMANDS),
        *(series.figure(f"{title} / {LIBRARIES}") for title in COMMANDS),
    ]


def _took(environ: dict[str, str], *words: str) -> float:
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=environ,
        input=b"a password of somebody\n",
        capture_output=True,
        check=False,
    )
    seconds = time.perf_counter() - began
    if done.returncode:
        raise WrongResult(f"{words}: {done.stderr.decode()[-300:]}")
    return seconds
