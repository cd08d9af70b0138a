"""Which processes there are, with their commands and what they find in their environment."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from webapp.supervisor.child import Recipe
from webapp.supervisor.ports import ADDRESS

WEB_WORKERS = 2
WEB_THREADS = 32
"""Each open event stream holds one thread; both together bound how many pages can be live at once."""

_KOPPEL = (sys.executable, "-c", "from webapp.cli import main; main()")
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  (gunicorn makes its own private files there)


@dataclass(frozen=True, slots=True)
class Plan:
    """What was decided before anything starts."""

    data: Path
    port: int
    redis_url: str
    workers: int = 2
    yuki_port: int = 0
    billingo_port: int = 0

    @property
    def sandbox(self) -> bool:
        """Whether the sandbox is part of it."""
        return bool(self.yuki_port)

    def environ(self) -> dict[str, str]:
        """Return what every process finds in its environment; what the person set wins over the sandbox."""
        common = {"KOPPEL_DATA": str(self.data), "PORT": str(self.port), "REDIS_URL": self.redis_url}
        if self.sandbox:
            address = f"http://{ADDRESS}:{self.yuki_port}"
            common |= {name: os.environ.get(name) or address for name in ("YUKI_NL_URL", "YUKI_BE_URL")}
            common["BILLINGO_URL"] = os.environ.get("BILLINGO_URL") or f"http://{ADDRESS}:{self.billingo_port}/v3"
            common["DEMO"] = os.environ.get("DEMO") or "true"
        return common


def koppel(name: str, *arguments: str, environ: Mapping[str, str], layer: int = 0, once: bool = False) -> Recipe:
    """Return the recipe of a subcommand of our own."""
    return Recipe(name, (*_KOPPEL, *arguments), layer=layer, environ=environ, once=once)


def web(plan: Plan) -> Recipe:
    """Return the recipe of the web server: on this machine only, a proxy in front makes it public."""
    command = [sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", f"{ADDRESS}:{plan.port}"]
    command += ["--worker-class", "gthread", "--workers", str(WEB_WORKERS), "--threads", str(WEB_THREADS)]
    command += ["--preload", "--no-control-socket", "--graceful-timeout", "4", "--timeout", "120", "--keep-alive", "5"]
    if _SHARED_MEMORY.is_dir() and os.access(_SHARED_MEMORY, os.W_OK):
        command += ["--worker-tmp-dir", str(_SHARED_MEMORY)]  # a slow disk must not look like a stuck worker
    return Recipe("web", tuple(command), environ=plan.environ())


def processes(plan: Plan) -> list[Recipe]:
    """Return the recipes of everything that works on the database, but the web server."""
    environ = plan.environ()
    workers = [koppel(f"worker {number}", "worker", environ=environ) for number in range(1, plan.workers + 1)]
    return [*workers, koppel("relay", "relay", environ=environ), koppel("schedule", "schedule", environ=environ)]


def sandbox(plan: Plan) -> Recipe:
    """Return the recipe of the sandbox servers; their books stay in the data folder."""
    ports = ("--yuki-port", str(plan.yuki_port), "--billingo-port", str(plan.billingo_port))
    return koppel("sandbox", "sandbox", *ports, "--state", str(plan.data / "sandbox"), environ=plan.environ(), layer=1)
