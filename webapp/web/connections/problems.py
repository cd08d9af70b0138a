"""What cannot be done with a connection, in the person's words and at the field it is about."""

from typing import Any

from flask import abort
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField

from webapp.domain.connections import DAILY_CALLS, ConnectionProblem

WORDS: dict[str, Any] = {
    "name": _l("Give the connection a name of at most 200 characters."),
    "region": _l("Choose the Netherlands or Belgium."),
    "key": _l("This is not an API key: it is one word of letters, digits and dashes. Copy it again."),
    "administration": _l("An administration ID looks like 11111111-2222-3333-4444-555555555555. Copy it again."),
    "administration_taken": _l(
        "“%(text)s” has this administration already: two connections would read everything twice. "
        "Change that connection, or choose another administration."
    ),
    "none_chosen": _l("Choose at least one administration."),
    "sealed": _l("The stored API key can no longer be opened. Type it again under Edit first."),
    "mixed": _l(
        "This key opens several administrations, and Yuki does not say which of them a document in the archive belongs "
        "to. To read invoices, make a key of the type Administration in Yuki and enter it here."
    ),
    "times_empty": _l("Give at least one time, for instance 07:00."),
    "times_malformed": _l("“%(text)s” is not a time. Write times as 07:00, 14:00."),
    "times_too_many": _l("At most 24 times a day."),
    "fetches_too_many": _l("At most four times a day."),
    "account": _l("A ledger account is a code such as 13000: letters and digits only."),
    "daily_calls": _l("Fill in a number from %(low)s to %(high)s."),
    "department": _l("This department does not exist any more. Choose another one."),
    "department_taken": _l(
        "“%(text)s” already sends these invoices. Turn that off there first, or choose another department here."
    ),
    "in_use": _l(
        "Invoices were sent to this administration already, and what became of them can only be read there. "
        "Add a new connection for another administration or region."
    ),
    "nothing_to_inherit": _l("The organisation has no connection to inherit this from: fill it in here."),
    "folder": _l("A folder ID has at most 64 characters."),
    "setup": _l("This connection is not complete yet."),
    "used": _l("This connection has logs or sent invoices. Those are kept, so it can be paused but not deleted."),
    "feature": _l("The connection with Yuki is not switched on for your organisation."),
    "billingo_sync": _l("The connection with Billingo is not switched on for your organisation."),
    "key_untried": _l(
        "Billingo gave no answer, so the key could not be tried. The one before was kept; try again in a few minutes."
    ),
    "key_refused": _l("Billingo does not accept this key, or it may not read invoices. The one before was kept."),
    "other_account": _l(
        "This key belongs to another account than the invoices that are here, which would be mixed up. "
        "The one before was kept; another account needs an organisation of its own."
    ),
    "one_only": _l("Your organisation has a connection with Billingo already: change that one."),
}


def say(problem: ConnectionProblem) -> str:
    """Return a problem as a sentence; a connection that is not there is a 404."""
    if problem.code == "missing":
        abort(404)
    words = WORDS.get(problem.code)
    if words is None:
        return problem.message
    return str(words) % {"text": problem.text, "low": DAILY_CALLS[0], "high": DAILY_CALLS[1]}


def tell(form: FlaskForm, problem: ConnectionProblem) -> None:
    """Put a problem at its field, or at the form as a whole."""
    field = getattr(form, problem.field, None) if problem.field else None
    if field is None or isinstance(field, HiddenField):
        form.form_errors = [*form.form_errors, say(problem)]
    else:
        field.errors = [*field.errors, say(problem)]
