"""koppel payments: ask the books what is open, and record what was paid."""

import click

from webapp.commands.common import fail, json_option, with_app
from webapp.commands.outcomes import print_runs, wait_option

AT_THE_COMMAND_LINE = "koppel"


@click.command()
@click.option("--connection", "connection_id", type=int, default=None, metavar="ID", help="Only this connection.")
@click.option("--organisation", "organisation_name", default="", help="Only the connections of this organisation.")
@wait_option
@json_option
@with_app
def payments(connection_id: int | None, organisation_name: str, wait: float | None, as_json: bool) -> None:
    """Process the payments of each administration: one call tells everything that is open there.

    Prints the run of each; one that is going on already is not started a second time.
    """
    if connection_id is not None and organisation_name:
        fail("Give --connection or --organisation, not both.", code=2)
    chosen = chosen_organisations(connection_id, organisation_name)
    started: list[tuple[int, int]] = []
    refused = ""
    for organisation_id in chosen:
        run_ids, sentence = _ask(organisation_id, connection_id)
        started += [(organisation_id, run_id) for run_id in run_ids]
        refused = sentence or refused
    if not started:
        fail(refused or "There is no connection that processes payments: koppel connection add.")
    print_runs(started, wait=wait, as_json=as_json)


def chosen_organisations(connection_id: int | None, name: str) -> list[int]:
    """Return the organisations that a command is about: the connection's, the one named, or all."""
    from webapp.queries.connections import owner_of
    from webapp.services import accounts

    if connection_id is not None:
        owner = owner_of(connection_id)
        return [owner] if owner is not None else fail(f"There is no connection {connection_id}.")
    try:
        found = [accounts.find_organisation(name)] if name else accounts.list_organisations()
    except accounts.AccountError as problem:
        fail(problem.message)
    return [one.id for one in found]


def _ask(organisation_id: int, connection_id: int | None) -> tuple[list[int], str]:
    """Return the runs that were started, or why none was; an organisation without connections is no reason."""
    from webapp.services import payments as service
    from webapp.services.actors import person

    try:
        return service.ask(person(organisation_id, AT_THE_COMMAND_LINE), connection_id), ""
    except service.PaymentError as error:
        if error.code == "paused":
            name = error.params["connection"]
            return [], f"The connection {name} is paused: resume it first with koppel connection resume."
        return [], "" if connection_id is None else f"Connection {connection_id} is not set up to process payments yet."
