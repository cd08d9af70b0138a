"""koppel demo: an invented company with some months of invoices, so that there is something to look at."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from webapp.commands.common import answer, fail, json_option, with_app

if TYPE_CHECKING:
    from webapp.services.actors import Actor

COMPANY = "Demo B.V."
NEIGHBOUR = "Buurman & Zn. B.V."


@dataclass(frozen=True, slots=True)
class Person:
    """A user of the demo; the passwords are no secret, and these users exist in demos only."""

    organisation: str
    role: str
    name: str
    email: str
    password: str


PEOPLE = (
    Person(COMPANY, "admin", "Sanne de Vries", "admin@demo.example", "koppel-demo-admin"),
    Person(COMPANY, "staff", "Joris Maes", "staff@demo.example", "koppel-demo-staff"),
    Person(COMPANY, "viewer", "Eszter Kovács", "viewer@demo.example", "koppel-demo-viewer"),
    Person(NEIGHBOUR, "admin", "Bram Buurman", "buurman@demo.example", "koppel-demo-buurman"),
)


@click.command()
@click.option("--if-empty", is_flag=True, help="Do nothing when there is other data; no error.")
@click.option("--force", is_flag=True, help="Also beside other data.")
@json_option
@with_app
def demo(if_empty: bool, force: bool, as_json: bool) -> None:
    """Load the demo data: two companies, their users, and months of invoices and payments.

    Run it while nothing works on the database; with the sandbox running, invoices are really sent to it and paid.
    """
    from webapp.services import accounts

    names = {one.name for one in accounts.list_organisations()}
    if COMPANY in names:
        _tell("The demo data is already there.", made=False, as_json=as_json)
        return
    if names and not force:
        if if_empty:
            answer({"made": False, "logins": []}, "There is other data: no demo data was added.", as_json=as_json)
            return
        fail("There is other data in this database; demo data beside it needs --force.")
    try:
        _load()
    except accounts.AccountError as problem:
        fail(f"The demo data cannot be loaded: {problem.message}")
    _tell("Loaded the demo data.", made=True, as_json=as_json)


def _tell(sentence: str, *, made: bool, as_json: bool) -> None:
    logins = [asdict(one) for one in PEOPLE]
    text = "\n".join(
        [sentence, *(f"  {one.email} / {one.password}  ({one.role}, {one.organisation})" for one in PEOPLE)]
    )
    answer({"made": made, "logins": logins}, text, as_json=as_json)


def _load() -> None:
    from webapp.commands import demo_billingo, demo_expenses, demo_papers, demo_past
    from webapp.extensions import clock
    from webapp.services import accounts

    try:
        present = demo_past.go_back()
        for company in (COMPANY, NEIGHBOUR):
            accounts.add_organisation(company, features=("billingo_sync", "import_api", "yuki"))
        actors = {one.email: _add(one) for one in PEOPLE}
        _number(actors[PEOPLE[0].email])
        demo_papers.set_up(actors[PEOPLE[0].email])
        demo_past.live(actors[PEOPLE[0].email], actors[PEOPLE[1].email], present)
        demo_past.neighbour(actors[PEOPLE[3].email], present)
        clock.reset()
        demo_billingo.connect(actors[PEOPLE[0].email])
        demo_expenses.load(actors[PEOPLE[0].email], actors[PEOPLE[1].email])
    finally:
        clock.reset()


def _number(actor: "Actor") -> None:
    """Let the series of the company go on with the numbers that its invoices have."""
    from webapp.services.invoicing import change_invoicing

    change_invoicing(actor, prefix="{yy}-", credit_prefix="C{yy}-", digits=4, authorise_role="staff", four_eyes=False)


def _add(one: Person) -> "Actor":
    from webapp.services import accounts
    from webapp.services.actors import person

    organisation = accounts.find_organisation(one.organisation)
    user = accounts.add_user(
        one.email, organisation_id=organisation.id, role=one.role, password=one.password, name=one.name
    )
    return person(organisation.id, one.name, user_id=user.id)
