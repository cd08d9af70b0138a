"""koppel organisation, user and secrets: who may use this installation, and what its secrets are sealed with."""

from typing import Any

import click

from webapp.commands.common import answer, fail, json_option, with_few_tables
from webapp.commands.stdin import read_secret
from webapp.domain.access import FEATURES, ROLES


@click.group()
def organisation() -> None:
    """Organisations."""


@organisation.command("add")
@click.argument("name")
@click.option("--feature", "features", multiple=True, type=click.Choice(FEATURES), help="What it may use; repeatable.")
@json_option
@with_few_tables
def add_organisation(name: str, features: tuple[str, ...], as_json: bool) -> None:
    """Add an organisation; without --feature it may use Yuki."""
    from webapp.services import accounts

    try:
        made = accounts.add_organisation(name, features=features or ("yuki",))
    except accounts.AccountError as problem:
        fail(problem.message)
    facts = {"id": made.id, "name": made.name, "features": made.features}
    answer(facts, f"Added the organisation {made.name} ({', '.join(made.features)}).", as_json=as_json)


@click.group()
def user() -> None:
    """Users."""


@user.command("add")
@click.argument("email")
@click.option("--organisation", "organisation_name", required=True, help="Name of the organisation.")
@click.option("--role", required=True, type=click.Choice(ROLES[::-1]))
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--name", default="", help="Name of the person; default: the part before the @.")
@json_option
def add_user(email: str, organisation_name: str, role: str, password_stdin: bool, name: str, as_json: bool) -> None:
    """Add a user; the password is the first line of standard input."""
    from webapp.services.passwords import begin_hash

    password = read_secret("--password-stdin", given=password_stdin, what="password")
    # Begun here: it takes a while, and so does it to load what the rest needs.
    facts = {"password": password, "begun": begin_hash(password), "role": role, "name": name}
    _add_user(email, organisation_name, facts=facts, as_json=as_json)


@with_few_tables
def _add_user(email: str, organisation_name: str, *, facts: dict[str, Any], as_json: bool) -> None:
    """Store the user: `facts` are what `accounts.add_user` takes beside the address and the organisation."""
    from webapp.services import accounts

    try:
        found = accounts.find_organisation(organisation_name)
        made = accounts.add_user(email, organisation_id=found.id, **facts)
    except accounts.AccountError as problem:
        fail(problem.message)
    told = {"id": made.id, "email": made.email, "name": made.name, "role": made.role, "organisation": found.name}
    answer(told, f"Added {made.email} as {made.role} of {found.name}.", as_json=as_json)


@click.group()
def secrets() -> None:
    """The secrets in the database."""


@secrets.command("rotate")
@json_option
@with_few_tables
def rotate(as_json: bool) -> None:
    """Seal every secret anew with the newest of ENCRYPTION_KEYS; the older keys can go afterwards."""
    from webapp.services import rotation

    done = rotation.rotate()
    if done.unreadable:
        named = ", ".join(str(identity) for identity in done.unreadable)
        fail(
            f"The API key of connection {named} cannot be opened with ENCRYPTION_KEYS; type it again on its page."
            f" {done.keys} other keys and {done.sessions} sessions were sealed anew."
        )
    facts = {"keys": done.keys, "sessions": done.sessions}
    answer(facts, f"Sealed {done.keys} keys and {done.sessions} sessions with the newest key.", as_json=as_json)
