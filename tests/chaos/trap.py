"""The trap inside of a worker: at a named step, the n-th time, it kills the worker or breaks the database.

The plan is a file, so that it holds for all workers of a house and for those that come after a death.
"""

import contextlib
import fcntl
import json
import os
import signal
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from rq import get_current_job
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from webapp.extensions import clock, db
from webapp.store.session import is_writing

PLAN, EVENTS, CLOCK = "plan.json", "events.jsonl", "clock.json"
KILLS = ("kill", "kill_horse", "kill_parent")
BREAKS = ("break_before_commit", "break_after_commit")
"""What a trap can do: kill both, the work horse or its parent; lose the database before or after the commit."""


class Trap:
    """Counts the steps of all workers of a house, and springs where the plan says."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def reached(self, step: str) -> None:
        """Be told of a step: the hook of the product's named steps."""
        set_clock(self._folder, "workers")
        ordinal = self._count(step)
        tell(self._folder, event="reached", step=step, ordinal=ordinal, **_job())
        for entry in read_json(self._folder / PLAN, []):
            if entry["step"] == step and ordinal in entry["at"]:
                self._spring(entry, step, ordinal)

    def _count(self, step: str) -> int:
        with (self._folder / f"count-{step}").open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(".")
            file.flush()
            return file.tell()

    def _spring(self, entry: dict[str, Any], step: str, ordinal: int) -> None:
        what, delay = entry["what"], entry.get("delay_ms", 0) / 1000
        facts = {"step": step, "ordinal": ordinal, "what": what, "delay": delay} | _job()
        if what in BREAKS:
            tell(self._folder, event="broken", **facts)
            break_commit(after=what == "break_after_commit")
        elif delay:
            threading.Timer(delay, self._kill, [what, facts]).start()
        else:
            self._kill(what, facts)

    def _kill(self, what: str, facts: dict[str, Any]) -> None:
        tell(self._folder, event="killed", **facts)
        parent = os.getppid()
        if what in ("kill", "kill_parent"):
            os.kill(parent, signal.SIGKILL)
        if what in ("kill", "kill_horse"):
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(30)  # the kernel ends us with our parent; no line of the product may follow meanwhile


def set_clock(folder: Path, who: str) -> None:
    """Let the clock of this process run ahead or behind, as the file says for `workers` or all."""
    wanted = read_json(folder / CLOCK, {})
    seconds = wanted.get("seconds", 0) if wanted.get("who") in (who, "all") else 0
    clock.offset = timedelta(seconds=seconds)


def break_commit(*, after: bool) -> None:
    """Lose the database at the next commit of this process: before it is done, or after it and untold."""
    session = db.session()
    name = "after_commit" if after else "before_commit"

    def lose(current: Any) -> None:
        if not is_writing(current):
            return
        event.remove(session, name, lose)
        if db.engine.dialect.name == "postgresql":
            _terminate(current)
        else:
            raise OperationalError("COMMIT", {}, Exception("the database went away"))

    def lose_untold(_current: Any) -> None:
        event.remove(session, name, lose_untold)
        raise OperationalError("COMMIT", {}, Exception("the database went away after the commit"))

    event.listen(session, name, lose_untold if after else lose)


def _terminate(session: Any) -> None:
    """Let PostgreSQL end the connection of this very transaction; its commit then fails by itself."""
    pid = session.connection().scalar(text("SELECT pg_backend_pid()"))
    with db.engine.connect() as other:
        other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})


def tell(folder: Path, **facts: Any) -> None:
    """Append a line to the house's events; one write, so that lines of many processes do not mix."""
    line = json.dumps({"at": time.time(), "pid": os.getpid()} | facts) + "\n"
    handle = os.open(folder / EVENTS, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, line.encode())
    finally:
        os.close(handle)


def read_json(path: Path, missing: Any) -> Any:
    """Return what a file holds; `missing` when it is not there."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return missing


def write_json(path: Path, content: Any) -> None:
    """Replace a file at once, so that nobody reads half of it."""
    fresh = path.with_suffix(".fresh")
    fresh.write_text(json.dumps(content))
    fresh.replace(path)


def read_events(folder: Path) -> list[dict[str, Any]]:
    """Return what the traps of a house told, in order."""
    path = folder / EVENTS
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]


def _job() -> dict[str, Any]:
    with contextlib.suppress(Exception):  # without Redis it cannot be told which job this is
        job = get_current_job()
        if job is not None:
            return {"job": job.func_name, "id": job.args[0]}
    return {"job": "", "id": 0}
