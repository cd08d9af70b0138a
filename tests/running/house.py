"""A real `koppel up` on free ports, and what one can see of it from outside."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.support.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
KOPPEL = (sys.executable, "-c", "from webapp.cli import main; main()")
CLEARED = (
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "ENCRYPTION_KEYS",
    "BASE_URL",
    "YUKI_NL_URL",
    "YUKI_BE_URL",
    "PORT",
)


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def eventually(true: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Wait until something is true, at most so many seconds."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"after {seconds:g} seconds still not: {what}"
        time.sleep(0.05)


def environment(data: Path, **more: str) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if name not in CLEARED}
    return plain | {"KOPPEL_DATA": str(data)} | more


def koppel(data: Path, *words: str, **more: str) -> "subprocess.CompletedProcess[str]":
    """Run a koppel command to its end."""
    return subprocess.run(
        [*KOPPEL, *words],
        env=environment(data, **more),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )


class Up:
    """A running `koppel up`."""

    def __init__(self, data: Path, *options: str, command: tuple[str, ...] = KOPPEL, **more: str) -> None:
        self.data = data
        self.ports = [free_port() for _ in range(3)]
        ports = ("--port", str(self.ports[0]), "--yuki-port", str(self.ports[1]), "--billingo-port", str(self.ports[2]))
        self.lines: list[str] = []
        if (
            signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        ):  # as in the background of a shell; a child would inherit it
            signal.signal(signal.SIGINT, signal.default_int_handler)
        self.process = subprocess.Popen(
            # An interrupted test run must not leave a whole Koppel behind.
            [*command, "up", "--stop-with", str(os.getpid()), *ports, *options],
            env=environment(data, **more),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def get_ready(self, seconds: float = 170) -> "Up":
        deadline = time.monotonic() + seconds
        while "Koppel is ready" not in self.output:
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.1)
        return self

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[0]}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def family(self) -> list[psutil.Process]:
        """Everything that came from this `koppel up`, itself included."""
        here = psutil.Process(self.process.pid)
        return [here, *here.children(recursive=True)]

    def listening(self) -> set[tuple[str, int]]:
        """The addresses and ports of this machine that it has taken."""
        found = set()
        for one in self.family():
            try:
                found |= {tuple(taken.laddr) for taken in one.net_connections("tcp") if taken.status == "LISTEN"}
            except psutil.NoSuchProcess:  # a short one that has just ended
                continue
        return found

    def find(self, *words: str) -> psutil.Process:
        """The child of the supervisor whose command line has all the words."""
        for one in psutil.Process(self.process.pid).children():
            line = " ".join(one.cmdline())
            if all(word in line for word in words):
                return one
        raise AssertionError(f"no {words} among {[one.cmdline() for one in self.family()]}")

    def has(self, *words: str) -> bool:
        try:
            self.find(*words)
        except (AssertionError, psutil.NoSuchProcess):
            return False
        return True

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(timeout=90)
        self._reader.join(timeout=5)
        if self.process.stdout is not None and not self._reader.is_alive():
            self.process.stdout.close()
        return code


def alive(family: list[psutil.Process]) -> list[str]:
    """Those that still run, as their command lines."""
    left = []
    for one in family:
        try:
            if one.status() != psutil.STATUS_ZOMBIE:
                left.append(" ".join(one.cmdline()))
        except psutil.NoSuchProcess:
            continue
    return left


def assert_nothing_left(family: list[psutil.Process], ports: list[int], seconds: float = 20) -> None:
    eventually(lambda: not alive(family), f"no process left, but {alive(family)}", seconds)
    assert [port for port in ports if is_open(port)] == []
