"""One process of a house, with a trap in it: `python -m tests.chaos.part worker|relay|schedule|yuki`."""

import os
import pkgutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jobs
from tests.chaos import tempo
from tests.chaos.trap import Trap, set_clock
from webapp.supervisor.parent import die_with

READY = ("webapp.assembly", *(f"jobs.{module.name}" for module in pkgutil.iter_modules(jobs.__path__)))
"""What the processes of a house import, each of them again and again where nobody has done it for them."""


def main(name: str) -> None:
    """Be one process until somebody ends it, or the house dies."""
    die_with(os.getppid())
    if name == "yuki":
        from webapp.sandbox.yuki import serve

        serve(0)
        return
    from webapp import create_core, journal
    from webapp.services.sending import steps

    folder = Path(os.environ[tempo.FOLDER])
    if os.environ.get(tempo.HURRY):
        tempo.hurry()
    app = create_core()
    journal.begin(app.extensions["koppel"].log_level)
    if name == "worker":
        from jobs import worker

        steps.set_hook(Trap(folder).reached)
        _before(worker.KoppelWorker, "perform_job", lambda: set_clock(folder, "workers"))
        worker.main(app)
    elif name == "relay":
        from jobs import relay

        _before(relay, "relay_once", lambda: set_clock(folder, "others"))
        relay.main(app)
    else:
        from jobs import schedule

        _before(schedule, "tick", lambda: set_clock(folder, "others"))
        schedule.main(app)


def _before(owner: Any, name: str, first: Callable[[], None]) -> None:
    """Do something before each call of a function."""
    plain = getattr(owner, name)

    def both(*words: Any, **options: Any) -> Any:
        first()
        return plain(*words, **options)

    setattr(owner, name, both)


if __name__ == "__main__":
    main(sys.argv[1])
