"""koppel statements: take in what a bank says, and match what can be meant in one way only."""

from pathlib import Path
from typing import Any

import click

from webapp.commands.common import answer, fail, json_option, with_app


@click.group()
def statements() -> None:
    """Bank statements: CAMT.053 and MT940."""


@statements.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(exists=True, dir_okay=False))
@click.option("--organisation", "organisation_name", required=True, help="Whose statements these are.")
@json_option
@with_app
def import_(files: tuple[str, ...], organisation_name: str, as_json: bool) -> None:
    """Take in statements; what was taken in before changes nothing.

    A file goes in as a whole, or not at all. When one of several cannot be read, the others are taken in
    all the same, and the command ends with 1.
    """
    from webapp.services import statements as service
    from webapp.services.accounts import AccountError, find_organisation
    from webapp.services.actors import person
    from webapp.services.matching import match_automatically

    try:
        actor = person(find_organisation(organisation_name).id, "koppel")
    except AccountError as problem:
        fail(problem.message)
    told: list[dict[str, Any]] = []
    refused: list[str] = []
    for path in files:
        reading = service.read(Path(path).name, Path(path).read_bytes())
        if reading.fault is not None:
            refused.append(f"{path}: {_in_words(reading.fault)}")
            continue
        found = service.import_statements(actor, reading)
        matched = match_automatically(actor.organisation_id, found.payment_ids)
        told.append(_facts(path, found, len(matched)))
    if told:
        answer({"files": told, "refused": refused}, "\n".join(_text(one) for one in told), as_json=as_json)
    if refused:
        fail("\n".join(["Nothing was taken in from:", *refused]))


def _facts(path: str, found: Any, matched: int) -> dict[str, Any]:
    return {
        "file": path,
        "statements": [
            {
                "account": one.account,
                "number": one.number,
                "lines": one.lines,
                "fresh": one.fresh,
                "repeated": one.repeated,
                "difference": str(one.difference),
                "pending": one.pending,
            }
            for one in found.statements
        ],
        "payments": len(found.payment_ids),
        "matched": matched,
        "gaps": [
            {
                "account": gap.account,
                "until": gap.until.isoformat(),
                "since": gap.since.isoformat(),
                "closed_with": str(gap.closed_with),
                "opened_with": str(gap.opened_with),
            }
            for gap in found.gaps
        ],
    }


def _text(one: dict[str, Any]) -> str:
    lines = sum(each["lines"] for each in one["statements"])
    fresh = sum(each["fresh"] for each in one["statements"])
    rows = [f"{one['file']}: {lines} lines, {fresh} new; {one['payments']} payments, {one['matched']} matched."]
    for each in one["statements"]:
        if each["difference"] not in ("0", "0.00"):
            rows.append(f"  {each['account']}: the closing balance differs by {each['difference']} from the lines.")
    for gap in one["gaps"]:
        rows.append(
            f"  {gap['account']}: a statement is missing between {gap['until']} ({gap['closed_with']}) "
            f"and {gap['since']} ({gap['opened_with']})."
        )
    return "\n".join(rows)


def _in_words(fault: Any) -> str:
    from flask_babel import force_locale

    from webapp.queries.statement_words import say

    with force_locale("en"):
        return say(fault)
