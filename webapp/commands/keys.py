"""koppel key: the API keys that other systems call with."""

from datetime import timedelta

import click

from webapp.commands.common import answer, fail, json_option, with_few_tables
from webapp.domain.access import SCOPES


@click.group()
def key() -> None:
    """API keys of other systems."""


@key.command("create")
@click.option("--organisation", "organisation_name", required=True, help="Name of the organisation.")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice(SCOPES), help="What it is good for.")
@click.option("--name", default="", help="What the key is called on screens; default: its scopes.")
@click.option("--days", type=click.IntRange(1, 3650), help="Days until it ends; without it, it lasts until revoked.")
@json_option
@with_few_tables
def create(organisation_name: str, scopes: tuple[str, ...], name: str, days: int | None, as_json: bool) -> None:
    """Make an API key and print it: the only time that it is shown.

    An organisation that did not use the import API yet may use it from now on.
    """
    from webapp.extensions import clock
    from webapp.services import accounts, api_keys
    from webapp.services.actors import person

    try:
        found = accounts.find_organisation(organisation_name)
        actor = person(found.id, "koppel key create")
        ends = clock.now() + timedelta(days=days) if days else None
        made = api_keys.create(actor, name or ", ".join(scopes), scopes=tuple(dict.fromkeys(scopes)), expires_at=ends)
        switched = api_keys.switch_on(found.id)
    except accounts.AccountError as problem:
        fail(problem.message)
    except api_keys.KeyProblem as problem:
        fail(problem.message)
    facts = {
        "id": made.id,
        "organisation": organisation_name,
        "name": made.name,
        "prefix": made.prefix,
        "scopes": list(made.scopes),
        "expires_at": made.expires_at.isoformat() if made.expires_at else None,
        "key": made.secret,
    }
    note = " It may use the import API from now on." if switched else ""
    text = f"{made.secret}\nThis is the key {made.name} of {organisation_name}; it is not shown again.{note}"
    answer(facts, text, as_json=as_json)


@key.command("revoke")
@click.argument("prefix")
@json_option
@with_few_tables
def revoke(prefix: str, as_json: bool) -> None:
    """End an API key at once; PREFIX is its readable beginning, such as kpl_ab12cd34."""
    from webapp.services import api_keys

    try:
        ended = api_keys.revoke_prefix(prefix)
    except api_keys.KeyProblem as problem:
        fail(problem.message)
    at = ended.revoked_at.isoformat() if ended.revoked_at else None
    facts = {"prefix": ended.prefix, "name": ended.name, "revoked_at": at}
    answer(facts, f"The key {ended.prefix} ({ended.name}) is revoked.", as_json=as_json)
