"""What holds for every subcommand of koppel."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.running.house import ROOT, environment
from tests.support.ports import free_port
from webapp.cli import koppel

pytestmark = pytest.mark.pure


def leaves(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from leaves(command, (*path, name))
        else:
            yield (*path, name), command


def test_every_subcommand_has_help_and_json() -> None:
    without = [
        " ".join(path)
        for path, command in leaves(koppel)
        if not command.help or not any("--json" in option.opts for option in command.params)
    ]

    assert without == []


def test_the_module_is_the_command(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "webapp.cli", "organisation", "--help"],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0
    assert "Usage:" in done.stdout


def test_a_process_says_in_json_that_it_has_started(tmp_path: Path) -> None:
    ports = [str(free_port()), str(free_port())]
    running = subprocess.Popen(
        [sys.executable, "-m", "webapp.cli", "sandbox", "--yuki-port", ports[0], "--billingo-port", ports[1], "--json"],
        cwd=ROOT,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert running.stdout is not None
        told = json.loads(running.stdout.readline())
    finally:
        running.terminate()
        rest, _ = running.communicate(timeout=30)

    assert told == {
        "process": "sandbox",
        "pid": running.pid,
        "yuki": f"http://127.0.0.1:{ports[0]}",
        "billingo": f"http://127.0.0.1:{ports[1]}",
    }
    assert rest == ""
