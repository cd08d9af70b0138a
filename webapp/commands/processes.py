"""koppel worker, relay, schedule and sandbox: the processes, each to be run any number of times but the last."""

import os
from importlib import import_module
from pathlib import Path

import click
from flask import Flask

from webapp.commands.common import fail, make_app


def _app_for_work(*, needs_redis: bool) -> Flask:
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
def worker(burst: bool) -> None:
    """Do the jobs; run as many as you like."""
    # `webapp` knows jobs by their path alone: what they need is loaded here and nowhere else.
    import_module("jobs.worker").main(_app_for_work(needs_redis=True), burst=burst)


@click.command()
def relay() -> None:
    """Hand the work in the outbox to the queue."""
    import_module("jobs.relay").main(_app_for_work(needs_redis=True))


@click.command()
def schedule() -> None:
    """Start what is due and recover what got stuck."""
    import_module("jobs.schedule").main(_app_for_work(needs_redis=False))


@click.command()
@click.option("--yuki-port", default=8081, show_default=True, type=click.IntRange(1, 65535))
@click.option("--billingo-port", default=8082, show_default=True, type=click.IntRange(1, 65535))
@click.option("--state", type=click.Path(path_type=Path), help="The folder that keeps the books over a restart.")
def sandbox(yuki_port: int, billingo_port: int, state: Path | None) -> None:
    """Run a Yuki and a Billingo on this machine."""
    from webapp.sandbox.__main__ import run_both
    from webapp.supervisor.ports import check_free
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
    run_both(yuki_port, billingo_port, state)
