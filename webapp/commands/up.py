"""koppel up: everything on this machine, until Ctrl-C."""

import json
import os
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import click

from webapp.commands.common import fail

if TYPE_CHECKING:
    from webapp.settings import Settings
    from webapp.supervisor.folder import Folder
    from webapp.supervisor.house import House
    from webapp.supervisor.plan import Plan

PATIENCE = 120.0
"""Seconds that each part gets to come up."""


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="The port of the web server (default: PORT, else 8000).")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="Processes that do the jobs.")
@click.option("--no-sandbox", is_flag=True, help="Without the sandbox servers and the demo data.")
@click.option("--yuki-port", default=8081, show_default=True, type=click.IntRange(1, 65535), help="Yuki's sandbox.")
@click.option("--billingo-port", default=8082, show_default=True, type=click.IntRange(1, 65535), help="Billingo's.")
@click.option("--stop-with", "parent", default=0, metavar="PID", help="End when the parent process PID has ended.")
@click.option("--json", "as_json", is_flag=True, help="Say in JSON when it is ready.")
def up(
    port: int | None, workers: int, no_sandbox: bool, yuki_port: int, billingo_port: int, parent: int, as_json: bool
) -> None:
    """Start everything on this machine and keep it running; Ctrl-C stops it.

    The web server, the workers, the relay, the scheduler, an embedded Valkey (unless REDIS_URL is set) and the
    sandbox servers with demo data (unless --no-sandbox).
    """
    from webapp.settings import BadSetting, load_settings
    from webapp.supervisor.folder import Folder
    from webapp.supervisor.guard import Guard
    from webapp.supervisor.house import House, Stopped
    from webapp.supervisor.output import Output
    from webapp.supervisor.trouble import CannotStart

    os.umask(0o077)  # the books of others are nobody's business, on this machine either
    try:
        settings = load_settings({**os.environ, "PORT": str(port)} if port else None)
        folder = Folder(settings.koppel_data)
    except (BadSetting, CannotStart) as error:
        fail(str(error))
    plan, embedded = _plan(settings, folder, workers, (0, 0) if no_sandbox else (yuki_port, billingo_port))
    output = Output()
    guard, house, sentence = None, None, ""
    try:
        _check_ports(plan)
        guard = Guard(folder.lock)
        house = House(output, guard, parent=parent)
        _bring_up(house, plan, embedded=embedded, as_json=as_json)
        house.run()
    except CannotStart as error:
        sentence = str(error)
    except Stopped:
        output.say("stopping")
    finally:
        if house is not None:
            house.stop()
        if guard is not None:
            guard.close()
        folder.close()
    if sentence:
        fail(sentence)
    output.say("stopped")


def _plan(
    settings: "Settings", folder: "Folder", workers: int, ports: tuple[int, int]
) -> tuple["Plan", tuple[str, ...]]:
    """Return the plan and the command of the embedded Valkey, empty where REDIS_URL names another."""
    from webapp.supervisor import valkey
    from webapp.supervisor.plan import Plan
    from webapp.supervisor.trouble import CannotStart

    command: tuple[str, ...] = ()
    url = settings.redis_url
    if not url:
        socket = folder.socket("valkey.sock")
        url = valkey.address(socket)
        try:
            command = valkey.command(settings.koppel_data / "valkey", socket)
        except CannotStart as error:
            folder.close()
            fail(str(error))
    plan = Plan(settings.koppel_data, settings.port, url, workers, yuki_port=ports[0], billingo_port=ports[1])
    return plan, command


def _check_ports(plan: "Plan") -> None:
    from webapp.supervisor.ports import check_free

    check_free(plan.port, "the web server", "choose another with PORT")
    if plan.sandbox:
        check_free(plan.yuki_port, "Yuki's sandbox", "choose another with koppel up --yuki-port")
        check_free(plan.billingo_port, "Billingo's sandbox", "choose another with koppel up --billingo-port")


def _bring_up(house: "House", plan: "Plan", *, embedded: tuple[str, ...], as_json: bool) -> None:
    """Start every part when what it needs is there; raises CannotStart."""
    from webapp.supervisor import valkey
    from webapp.supervisor.child import Recipe
    from webapp.supervisor.plan import koppel, processes, sandbox, web
    from webapp.supervisor.ports import answers

    if embedded:
        house.add(Recipe("valkey", embedded, layer=2, hush=("Memory overcommit",)))
    missing = "The embedded Valkey does not answer." if embedded else "REDIS_URL: no Redis answers at this address."
    patience = PATIENCE if embedded else 3  # a large append-only file takes a moment to be read
    house.wait(lambda: valkey.is_ready(plan.redis_url), patience=patience, sentence=missing)
    _once(house, koppel("init", "init", environ=plan.environ(), once=True))
    logins: list[dict[str, str]] = []
    if plan.sandbox:
        house.add(sandbox(plan))
        quiet = "The sandbox does not answer."
        ports = plan.yuki_port, plan.billingo_port
        house.wait(lambda: all(map(answers, ports)), patience=PATIENCE, sentence=quiet)
        logins = _demo(house, plan)
    for recipe in [web(plan), *processes(plan)]:
        house.add(recipe)
    unready = f"The web server is not ready after {PATIENCE:g} seconds; its lines above say why."
    house.wait(lambda: _is_ready(plan.port), patience=PATIENCE, sentence=unready)
    house.settle()
    _greet(house, plan, logins, as_json=as_json)


def _once(house: "House", recipe: Any) -> list[str]:
    from webapp.supervisor.trouble import CannotStart

    code, lines = house.do(recipe)
    if code:
        last = next((line for line in reversed(lines) if line.strip()), f"koppel {recipe.name} failed.")
        raise CannotStart(last.removeprefix("koppel: "))
    return lines


def _demo(house: "House", plan: "Plan") -> list[dict[str, str]]:
    """Load the demo data into an empty database; returns its logins, none where there is other data."""
    from webapp.supervisor.plan import koppel

    recipe = koppel("demo", "demo", "--if-empty", "--json", environ=plan.environ(), once=True)
    lines = _once(house, recipe)
    try:
        answer = json.loads("\n".join(lines[lines.index("{") :]))
    except ValueError:
        house.output.lines("demo", lines)
        return []
    return list(answer["logins"])


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _greet(house: "House", plan: "Plan", logins: list[dict[str, str]], *, as_json: bool) -> None:
    address = f"http://127.0.0.1:{plan.port}/"
    ports = (plan.yuki_port, plan.billingo_port) if plan.sandbox else ()
    sandboxes = [f"http://127.0.0.1:{port}/" for port in ports] or ["", ""]
    if as_json:
        said = {"ready": True, "address": address, "sandbox": sandboxes[0], "sandbox_billingo": sandboxes[1]}
        house.output.plain(json.dumps(said | {"logins": logins}))
        return
    lines = ["", f"  Koppel is ready: {address}"]
    if plan.sandbox:
        lines += [f"  Yuki's sandbox:  {sandboxes[0]}", f"  Billingo's:      {sandboxes[1]}"]
    lines += [f"  log in as        {one['email']} / {one['password']}  ({one['role']})" for one in logins]
    house.output.plain("\n".join([*lines, "  Ctrl-C stops everything.", ""]))
