"""However it ends: no process is left, no port is taken, and the data is there at the next start."""

import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.running.house import (
    KOPPEL,
    ROOT,
    Up,
    assert_nothing_left,
    environment,
    eventually,
    is_open,
    koppel,
)
from tests.support.ports import free_port

pytestmark = [pytest.mark.pure, pytest.mark.timeout(300)]
Start = Callable[..., Up]

_PARENT = """
import os, subprocess, sys
child = subprocess.Popen([*sys.argv[1:], "--stop-with", str(os.getpid())])
sys.exit(child.wait())
"""


def test_an_interrupt_ends_all_of_it_and_the_second_start_keeps_the_data_and_a_kill_leaves_nothing(
    start: Start,
) -> None:
    first = start().get_ready()
    made = koppel(first.data, "organisation", "add", "Blijft B.V.")
    secret = (first.data / "secret_key").read_text()
    family = first.family()

    assert made.returncode == 0, made.stderr
    assert first.stop(signal.SIGINT) == 0
    assert_nothing_left(family, first.ports[:1])
    assert first.lines[-1].endswith("stopped")

    second = start(data=first.data).get_ready()
    family = second.family()

    assert "already" in koppel(second.data, "organisation", "add", "Blijft B.V.").stderr
    assert (second.data / "secret_key").read_text() == secret
    second.stop(signal.SIGKILL)

    # At once: it waits until the last of the old one has gone, takes the folder, and then finds its port wrong.
    address = f"redis://127.0.0.1:{free_port()}/0"
    again = koppel(second.data, "up", "--no-sandbox", "--port", str(second.ports[0]), REDIS_URL=address)

    assert again.stderr == "koppel: REDIS_URL: no Redis answers at this address.\n"
    assert_nothing_left(family, second.ports[:1])


def test_the_death_of_the_parent_ends_it_also_in_a_folder_with_a_long_name(start: Start, tmp_path: Path) -> None:
    deep = tmp_path / ("long " * 20).strip() / "een map met spaties & tekens"
    up = start(data=deep, command=(sys.executable, "-c", _PARENT, *KOPPEL)).get_ready()
    family = up.family()[1:]

    assert up.get("/readyz")[0] == 200
    up.process.kill()
    assert_nothing_left(family, up.ports[:1])


def test_a_sigterm_to_make_ends_what_make_run_started(tmp_path: Path) -> None:
    """The recipe itself is run, in a Makefile that has nothing but it, so that nothing is installed here."""
    recipe = next(line for line in (ROOT / "Makefile").read_text().splitlines() if "koppel up" in line)
    (tmp_path / "Makefile").write_text(f"run:\n{recipe}\n")
    script = tmp_path / "koppel"
    script.write_text(f'#!/bin/sh\nexec {shlex.join(KOPPEL)} "$@" --no-sandbox --workers 1\n')
    script.chmod(0o755)
    port = free_port()
    words = ["make", "-f", str(tmp_path / "Makefile"), "run", f"BIN={tmp_path}", f"PORT={port}"]
    process = subprocess.Popen(
        [*words, f"KOPPEL_DATA={tmp_path / 'data'}"],
        cwd=ROOT,
        env={name: value for name, value in environment(tmp_path).items() if not name.startswith("MAKE")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        eventually(lambda: is_open(port), "the web server answers", 60)
        family = psutil.Process(process.pid).children(recursive=True)
    finally:
        process.terminate()
        process.wait(timeout=90)

    assert_nothing_left(family, [port])
