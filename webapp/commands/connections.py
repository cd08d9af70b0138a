"""koppel connection: add, list, test, pause and resume connections."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from webapp.commands.common import answer, fail, json_option, with_app
from webapp.commands.stdin import read_secret

if TYPE_CHECKING:
    from webapp.services.actors import Actor

AT_THE_COMMAND_LINE = "koppel"


@click.group()
def connection() -> None:
    """Connections with the books."""


@connection.command("add")
@click.option("--organisation", "organisation_name", required=True, help="Name of the organisation.")
@click.option("--provider", required=True, type=click.Choice(["yuki", "billingo"]))
@click.option("--region", type=click.Choice(["nl", "be"]), default="nl", show_default=True)
@click.option("--administration", default="", help="Administration ID of Yuki.")
@click.option("--key-stdin", is_flag=True, help="Read the API key from standard input.")
@click.option("--name", default="", help="Name of the connection; default: Yuki or Billingo.")
@click.option("--department", "department_name", default="", help="Department whose invoices go by it; default: all.")
@click.option("--auto-send", is_flag=True, help="Send an invoice as soon as it was sent to the customer.")
@click.option("--draft", is_flag=True, help="Send invoices as drafts.")
@click.option("--fetch", "fetch_invoices", is_flag=True, help="Read invoices from its archive, again and again.")
@json_option
@with_app
def add(
    organisation_name: str,
    provider: str,
    region: str,
    administration: str,
    key_stdin: bool,
    name: str,
    department_name: str,
    auto_send: bool,
    draft: bool,
    fetch_invoices: bool,
    as_json: bool,
) -> None:
    """Add a connection; the API key is the first line of standard input. Test it afterwards."""
    from flask import current_app

    from webapp.domain.connections import ConnectionProblem, Options
    from webapp.services import accounts, connections
    from webapp.services.actors import person

    if provider == "billingo":
        _add_source(organisation_name, name, key_stdin=key_stdin, as_json=as_json)
        return
    if not administration:
        fail("Give the administration ID with --administration.", code=2)
    key = read_secret("--key-stdin", given=key_stdin, what="API key")
    try:
        organisation = accounts.find_organisation(organisation_name)
        made = connections.add(
            person(organisation.id, AT_THE_COMMAND_LINE),
            name=name or "Yuki",
            region=region,
            key=key,
            administration_id=administration,
            options=Options(
                auto_send=auto_send,
                draft=draft,
                fetch_invoices=fetch_invoices,
                department_id=_department(organisation.id, department_name) if department_name else None,
                daily_calls=current_app.extensions["koppel"].yuki_daily_calls,
            ),
        )
    except (ConnectionProblem, accounts.AccountError) as problem:
        fail(problem.message)
    answer({"id": made}, f"Added connection {made}. Try it: koppel connection test {made}", as_json=as_json)


def _add_source(organisation_name: str, name: str, *, key_stdin: bool, as_json: bool) -> None:
    from webapp.domain.connections import ConnectionProblem
    from webapp.services import accounts, sources
    from webapp.services.actors import person

    key = read_secret("--key-stdin", given=key_stdin, what="API key")
    try:
        organisation = accounts.find_organisation(organisation_name)
        actor = person(organisation.id, AT_THE_COMMAND_LINE)
        made = sources.add(actor, name=name or "Billingo", key=key)
    except (ConnectionProblem, accounts.AccountError) as problem:
        fail(problem.message)
    answer({"id": made}, f"Added connection {made}. Try it: koppel connection test {made}", as_json=as_json)


def _department(organisation_id: int, name: str) -> int:
    from webapp.queries.connections import departments

    found = next((key for key, known in departments(organisation_id) if known.lower() == name.lower()), None)
    return found if found is not None else fail(f"There is no department {name} in this organisation.")


@connection.command("list")
@click.option("--organisation", "organisation_name", default="", help="Only those of this organisation.")
@json_option
@with_app
def list_all(organisation_name: str, as_json: bool) -> None:
    """List connections; keys are shown by their last four characters only."""
    from webapp.queries import connections
    from webapp.services import accounts

    try:
        organisations = (
            [accounts.find_organisation(organisation_name)] if organisation_name else accounts.list_organisations()
        )
    except accounts.AccountError as problem:
        fail(problem.message)
    rows = [
        _facts(card, organisation.name)
        for organisation in organisations
        for card in _in_english(connections.cards, organisation.id)
    ]
    lines = [
        f"{row['id']:>4}  {row['state']:<8} {row['organisation']} / {row['name']}  {row['provider']} {row['region']}  "
        f"{row['administration_id'] or '-'}  key …{row['key_hint']}  {row['calls_today']} of {row['daily_calls']} calls"
        for row in rows
    ]
    answer(rows, "\n".join(lines) or "There are no connections.", as_json=as_json)


def _facts(card: Any, organisation: str) -> dict[str, Any]:
    return {
        "id": card.id,
        "name": card.name,
        "organisation": organisation,
        "provider": card.provider,
        "region": card.region,
        "administration_id": card.administration_id,
        "administration_name": card.administration_name,
        "department": card.department,
        "state": card.state,
        "complete": not card.unfinished,
        "key_hint": card.key_hint,
        "last_run": card.last_run.id if card.last_run else None,
        "next_run_at": card.next_run_at.isoformat() if card.next_run_at else None,
        "calls_today": card.used,
        "daily_calls": card.limit,
    }


@connection.command("test")
@click.argument("identity", metavar="ID", type=int)
@json_option
@with_app
def test(identity: int, as_json: bool) -> None:
    """Test a connection step by step; exit 1 when something is wrong."""
    from webapp.queries.checks import read_report
    from webapp.queries.connections import provider_of
    from webapp.services import connections
    from webapp.services.connection_checks import as_row

    report = _do(identity, connections.test)
    rows = [as_row(step) for step in report.steps]
    checks = _in_english(read_report, rows, provider_of(identity))
    marks = {"good": "ok", "bad": "PROBLEM", "neutral": "skipped"}
    lines = [f"{check.label}: {marks[check.tone]}. {check.cause} {check.next_step}".rstrip() for check in checks]
    answer({"ok": report.ok, "steps": rows}, "\n".join(lines), as_json=as_json)
    if not report.ok:
        bad = next(check for check in checks if check.tone != "good")
        fail(f"{bad.cause} {bad.next_step}".strip())


@connection.command("pause")
@click.argument("identity", metavar="ID", type=int)
@json_option
@with_app
def pause(identity: int, as_json: bool) -> None:
    """Pause a connection: nothing is sent or read until it is resumed."""
    from webapp.services import connections

    _do(identity, connections.pause)
    answer({"id": identity, "state": "paused"}, f"Connection {identity} is paused.", as_json=as_json)


@connection.command("resume")
@click.argument("identity", metavar="ID", type=int)
@json_option
@with_app
def resume(identity: int, as_json: bool) -> None:
    """Resume a connection; also ends a quota rest or an open breaker."""
    from webapp.services import connections

    _do(identity, connections.resume)
    answer({"id": identity, "state": "active"}, f"Connection {identity} works again.", as_json=as_json)


def _do(identity: int, verb: Callable[["Actor", int], Any]) -> Any:
    from webapp.domain.connections import ConnectionProblem
    from webapp.queries.connections import owner_of
    from webapp.services.actors import person

    owner = owner_of(identity)
    if owner is None:
        fail(f"There is no connection {identity}.")
    try:
        return verb(person(owner, AT_THE_COMMAND_LINE), identity)
    except ConnectionProblem as problem:
        fail(problem.message)


def _in_english(question: Callable[..., Any], *args: Any) -> Any:
    from flask_babel import force_locale

    with force_locale("en"):
        return question(*args)
