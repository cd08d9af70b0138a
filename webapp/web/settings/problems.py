"""What cannot be done with an account, in the person's words."""

from typing import Any

from flask_babel import lazy_gettext as _l

from webapp.services.accounts import MIN_PASSWORD, AccountError
from webapp.services.settings import MOST_PAYMENT_DAYS

_PREFIX = _l("At most 20 letters, figures and the signs . / _ -, with {year} or {yy} where the year stands.")
WORDS: dict[str, Any] = {
    "email": _l("This is not an e-mail address."),
    "taken": _l("This is already in use. Choose another one."),
    "role": _l("Choose a role."),
    "password": _l("A password has %(low)s to 200 characters."),
    "wrong": _l("This is not your current password."),
    "name": _l("Give a name of at most 200 characters."),
    "language": _l("Choose a language."),
    "theme": _l("Choose a theme."),
    "currency": _l("Choose a currency."),
    "country": _l("Choose a country."),
    "payment_days": _l("Fill in a number of days from 0 to %(days)s."),
    "prefix": _PREFIX,
    "credit_prefix": _PREFIX,
    "same_prefix": _l("Credit notes need a prefix of their own, so that their numbers cannot be those of invoices."),
    "digits": _l("Fill in a number of digits from 1 to 9."),
    "authorise_role": _l("Choose who authorises."),
    "log_days": _l("Fill in a number of days from 30 to 4,000."),
    "last_admin": _l("This is the last administrator. Make somebody else administrator first."),
}


def say(problem: AccountError) -> str:
    """Return a problem as a sentence in the language of the person."""
    words = WORDS.get(problem.code)
    return str(words) % {"low": MIN_PASSWORD, "days": MOST_PAYMENT_DAYS} if words else problem.message


def tell(form: Any, problem: AccountError, **fields: str) -> None:
    """Put a problem at its field; `fields` says which field a code belongs to when their names differ."""
    field = getattr(form, fields.get(problem.code, problem.code), None)
    if field is None:
        form.form_errors = [*form.form_errors, say(problem)]
    else:
        field.errors = [*field.errors, say(problem)]
