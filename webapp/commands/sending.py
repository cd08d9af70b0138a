"""koppel send: send invoices to the books, by number or all that are ready."""

from typing import TYPE_CHECKING

import click

from webapp.commands.common import fail, json_option, with_app
from webapp.commands.outcomes import print_runs, wait_option

if TYPE_CHECKING:
    from webapp.services.sending import SendError
    from webapp.store.organisations import Organisation

AT_THE_COMMAND_LINE = "koppel"
NAMED = 5
"""So many numbers that are not known are named; more only fill the screen."""


@click.command()
@click.argument("numbers", metavar="NUMBER...", nargs=-1)
@click.option("--ready", is_flag=True, help="All sales invoices that were sent to the customer and not to the books.")
@click.option("--organisation", "organisation_name", default="", help="Name of the organisation, if there are several.")
@wait_option
@json_option
@with_app
def send(numbers: tuple[str, ...], ready: bool, organisation_name: str, wait: float | None, as_json: bool) -> None:
    """Send invoices to the books; each is booked once, however often it is asked for.

    Prints the run: one for each connection that the invoices go by.
    """
    from webapp.queries.ready import ready_ids

    if bool(numbers) == ready:
        fail("Give the numbers of the invoices, or --ready for all that are ready.", code=2)
    organisation = choose_organisation(organisation_name)
    ids = ready_ids(organisation.id) if ready else _find(organisation, numbers)
    if not ids:
        fail(f"No invoice of {organisation.name} is ready to be sent to the books.")
    started = [(organisation.id, run_id) for run_id in _ask(organisation.id, ids)]
    print_runs(started, wait=wait, as_json=as_json)


def choose_organisation(name: str) -> "Organisation":
    """Return the organisation of that name, or the only one; else stop with one sentence."""
    from webapp.services import accounts

    try:
        if name:
            return accounts.find_organisation(name)
    except accounts.AccountError as problem:
        fail(problem.message)
    known = accounts.list_organisations()
    if not known:
        fail("There is no organisation yet: koppel organisation add NAME.")
    if len(known) > 1:
        names = ", ".join(one.name for one in known[:NAMED]) + (", …" if len(known) > NAMED else "")
        fail(f"There are several organisations ({names}): choose one with --organisation.", code=2)
    return known[0]


def _find(organisation: "Organisation", numbers: tuple[str, ...]) -> list[int]:
    """Return the ids of all these invoices; if one is not known nothing is sent."""
    from webapp.queries.ready import ids_by_number

    found = ids_by_number(organisation.id, numbers)
    missing = list(dict.fromkeys(number for number in numbers if number not in found))
    if missing:
        named = ", ".join(missing[:NAMED])
        rest = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
        many = "are no sales invoices" if len(missing) > 1 else "is no sales invoice"
        fail(f"There {many} {named}{rest} in {organisation.name}; nothing was sent.")
    return [found[number] for number in numbers]


def _ask(organisation_id: int, ids: list[int]) -> list[int]:
    """Ask in as many parts as one request takes; what is refused after a part has gone is left for the next time."""
    from webapp.services.actors import person
    from webapp.services.sending import SendError, ask
    from webapp.services.sending.asking import MOST

    actor = person(organisation_id, AT_THE_COMMAND_LINE)
    started: list[int] = []
    for start in range(0, len(ids), MOST):
        try:
            started += ask(actor, ids[start : start + MOST])
        except SendError as error:
            if not started:
                fail(_sentence(error))
    return started


def _sentence(error: "SendError") -> str:
    from flask_babel import force_locale

    from webapp.queries.labels import refusal_text

    with force_locale("en"):
        return refusal_text(error.code, error.params)
