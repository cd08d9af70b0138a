"""koppel worker, relay, schedule and sandbox: the processes, each to be run any number of times but the last."""

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from webapp.commands.common import fail, make_app, started_option, tell_started
from webapp.loading import loading

if TYPE_CHECKING:
    from flask import Flask


def _app_for_work(*, needs_redis: bool) -> "Flask":
    """Return the app of a process that works in the background, its log going to standard error."""
    from webapp import journal

    app = make_app()
    settings = app.extensions["koppel"]
    if needs_redis and not settings.redis_url:
        fail("REDIS_URL: no address is set; set it, or let `koppel up` bring its own Valkey.")
    journal.begin(settings.log_level)
    return app


@click.command()
@click.option("--burst", is_flag=True, help="End when the queue is empty.")
@started_option
def worker(burst: bool, as_json: bool) -> None:
    """Do the jobs; run as many as you like."""
    app = _app_for_work(needs_redis=True)
    tell_started("worker", as_json=as_json)
    # `webapp` knows jobs by their path alone: what they need is loaded here and nowhere else.
    with loading():
        module = import_module("jobs.worker")
    module.main(app, burst=burst)


@click.command()
@started_option
def relay(as_json: bool) -> None:
    """Hand the work in the outbox to the queue."""
    app = _app_for_work(needs_redis=True)
    tell_started("relay", as_json=as_json)
    with loading():
        module = import_module("jobs.relay")
    module.main(app)


@click.command()
@started_option
def schedule(as_json: bool) -> None:
    """Start what is due and recover what got stuck."""
    app = _app_for_work(needs_redis=False)
    tell_started("schedule", as_json=as_json)
    with loading():
        module = import_module("jobs.schedule")
    module.main(app)


@click.command()
@click.option("--yuki-port", default=8081, show_default=True, type=click.IntRange(1, 65535))
@click.option("--billingo-port", default=8082, show_default=True, type=click.IntRange(1, 65535))
@click.option("--state", type=click.Path(path_type=Path), help="The folder that keeps the books over a restart.")
@started_option
def sandbox(yuki_port: int, billingo_port: int, state: Path | None, as_json: bool) -> None:
    """Run a Yuki and a Billingo on this machine."""
    from webapp.sandbox.__main__ import run_both
    from webapp.supervisor.ports import ADDRESS, check_free
    from webapp.supervisor.trouble import CannotStart

    try:
        check_free(yuki_port, "Yuki's sandbox", "choose another with --yuki-port")
        check_free(billingo_port, "Billingo's sandbox", "choose another with --billingo-port")
        if state is not None:
            state.mkdir(mode=0o700, parents=True, exist_ok=True)
    except CannotStart as error:
        fail(str(error))
    except OSError as error:
        fail(f"The folder {os.fspath(state or '')} cannot be written ({error.strerror or error}).")
    tell_started(
        "sandbox",
        as_json=as_json,
        yuki=f"http://{ADDRESS}:{yuki_port}",
        billingo=f"http://{ADDRESS}:{billingo_port}",
    )
    run_both(yuki_port, billingo_port, state, quiet=as_json)
