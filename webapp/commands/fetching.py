"""koppel fetch: read the invoices of a remote, all of them or what moved since the last time."""

from datetime import datetime
from typing import Any

import click

from webapp.commands.common import fail, json_option, with_app
from webapp.commands.outcomes import print_runs, wait_option
from webapp.commands.payments import AT_THE_COMMAND_LINE, chosen_organisations


@click.command()
@click.option("--connection", "connection_id", type=int, default=None, metavar="ID", help="Only this connection.")
@click.option("--organisation", "organisation_name", default="", help="Only the connections of this organisation.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), default=None, help="Only what was issued from this day on.")
@click.option("--full", is_flag=True, help="Read everything; only this shows what is missing over there.")
@wait_option
@json_option
@with_app
def fetch(
    connection_id: int | None,
    organisation_name: str,
    since: datetime | None,
    full: bool,
    wait: float | None,
    as_json: bool,
) -> None:
    """Fetch invoices; without --since or --full what moved since the last time.

    Prints the run of each connection; one that is going on already is not started a second time.
    """
    if connection_id is not None and organisation_name:
        fail("Give --connection or --organisation, not both.", code=2)
    if full and since:
        fail("Give --since or --full, not both.", code=2)
    started: list[tuple[int, int]] = []
    refused = ""
    for organisation_id in chosen_organisations(connection_id, organisation_name):
        run_ids, sentence = _ask(organisation_id, connection_id, full=full, since=since.date() if since else None)
        started += [(organisation_id, run_id) for run_id in run_ids]
        refused = sentence or refused
    if not started:
        fail(refused or "There is no connection to fetch from: koppel connection add --provider billingo.")
    print_runs(started, wait=wait, as_json=as_json)


def _ask(organisation_id: int, connection_id: int | None, **wanted: Any) -> tuple[list[int], str]:
    """Return the runs that were started, or why none was; an organisation without connections is no reason."""
    from webapp.services import fetching
    from webapp.services.actors import person

    try:
        return fetching.ask(person(organisation_id, AT_THE_COMMAND_LINE), connection_id, **wanted), ""
    except fetching.FetchError as error:
        name = error.params.get("connection", "")
        if error.code == "paused":
            return [], f"The connection {name} is paused: resume it first with koppel connection resume."
        if error.code == "going_on":
            run_id = error.params["run"]
            return [], f"Run {run_id} of {name} is still going on: koppel runs watch {run_id}."
        return [], "" if connection_id is None else f"Connection {connection_id} is not one to fetch invoices from."
