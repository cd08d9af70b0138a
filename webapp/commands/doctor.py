"""koppel doctor: what is in order, what is not, and what to do about it."""

import click

from webapp.commands.common import answer, fail, json_option

_MARKS = {"ok": "ok  ", "warn": "warn", "fail": "FAIL"}


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Check settings, data folder, database, Redis, keys, files, clock and ports; exits with 1 when something fails."""
    from webapp.commands import examinations

    found = examinations.examine()
    lines = [f"{_MARKS[one.state]}  {one.what}: {one.finding}" for one in found]
    for index, one in reversed(list(enumerate(found))):
        if one.next_step:
            lines.insert(index + 1, f"      -> {one.next_step}")
    answer(
        [{"check": one.what, "state": one.state, "finding": one.finding, "next_step": one.next_step} for one in found],
        "\n".join(lines),
        as_json=as_json,
    )
    bad = sum(one.state == "fail" for one in found)
    if bad:
        fail(f"{bad} of {len(found)} checks failed.")
