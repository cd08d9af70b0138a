"""The forms of settings."""

from babel import Locale
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    EmailField,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
)
from wtforms.validators import EqualTo, InputRequired, Length

from webapp.domain.access import ROLES
from webapp.services.settings import COUNTRIES, CURRENCIES
from webapp.web.fields import NOT_A_NUMBER, WholeNumber

LANGUAGES = [SelectChoice("nl", "Nederlands"), SelectChoice("en", "English"), SelectChoice("hu", "Magyar")]
THEMES = [
    SelectChoice("system", _l("As the device")),
    SelectChoice("light", _l("Light")),
    SelectChoice("dark", _l("Dark")),
]
NAME_NEEDED = _l("Fill in a name.")
PASSWORD_NEEDED = _l("Fill in a password.")
PASSWORD_HINT = _l("At least 10 characters; a sentence is easy to remember.")


def country_choices() -> list[SelectChoice]:
    """Return the countries, named in the language of the person."""
    names = Locale.parse(str(get_locale() or "nl")).territories
    return [SelectChoice(code, names[code]) for code in COUNTRIES]


class ProfileForm(FlaskForm):  # type: ignore[misc]
    """One's own name, language and theme."""

    name = StringField(_l("Name"), [InputRequired(NAME_NEEDED), Length(max=200)])
    language = SelectField(_l("Language"), choices=LANGUAGES)
    theme = RadioField(_l("Theme"), choices=THEMES)


class PasswordForm(FlaskForm):  # type: ignore[misc]
    """A new password for oneself."""

    old = PasswordField(_l("Current password"), [InputRequired(_l("Fill in your current password.")), Length(max=200)])
    password = PasswordField(_l("New password"), [InputRequired(PASSWORD_NEEDED)], description=PASSWORD_HINT)
    again = PasswordField(
        _l("New password again"), [EqualTo("password", _l("The two new passwords are not the same."))]
    )


class OrganisationForm(FlaskForm):  # type: ignore[misc]
    """What new invoices and users of the organisation start with."""

    currency = SelectField(_l("Currency"), choices=[SelectChoice(code, code) for code in CURRENCIES])
    country = SelectField(_l("Country"))
    payment_days = WholeNumber(
        _l("Payment days"),
        [InputRequired(NOT_A_NUMBER)],
        description=_l("From invoice date to due date, on new invoices."),
    )
    language = SelectField(_l("Language"), choices=LANGUAGES, description=_l("What new users start with."))

    def offer(self) -> None:
        """Name the countries in the language of the person."""
        self.country.choices = country_choices()


class UserForm(FlaskForm):  # type: ignore[misc]
    """A user as an administrator sees him."""

    name = StringField(_l("Name"), [InputRequired(NAME_NEEDED), Length(max=200)])
    role = RadioField(_l("Role"))
    active = BooleanField(_l("May log in"), description=_l("When this is off, all logins of the user end at once."))

    def offer(self) -> None:
        """Name the roles, the least powerful first."""
        self.role.choices = [SelectChoice(role, ROLE_HINTS[role]) for role in ROLES]


ROLE_HINTS = {
    "viewer": _l("Viewer: sees everything, changes nothing"),
    "staff": _l("Staff: also sends invoices and processes payments"),
    "admin": _l("Administrator: also connections, settings and users"),
}


class NewUserForm(UserForm):
    """A new user, with a password to begin with."""

    active = None
    email = EmailField(_l("E-mail address"), [InputRequired(_l("Fill in an e-mail address.")), Length(max=254)])
    password = PasswordField(_l("Initial password"), [InputRequired(PASSWORD_NEEDED)], description=PASSWORD_HINT)


class ResetForm(FlaskForm):  # type: ignore[misc]
    """A new password for somebody else."""

    password = PasswordField(_l("New password"), [InputRequired(PASSWORD_NEEDED)], description=PASSWORD_HINT)


class DepartmentForm(FlaskForm):  # type: ignore[misc]
    """The name of a department."""

    name = StringField(_l("Name"), [InputRequired(NAME_NEEDED), Length(max=200)])


class InvoicingForm(FlaskForm):  # type: ignore[misc]
    """What numbers look like, and who authorises."""

    prefix = StringField(
        _l("Invoice numbers begin with"),
        [Length(max=20)],
        description=_l("{year} stands for the year of the invoice date, {yy} for its last two figures."),
    )
    credit_prefix = StringField(_l("Credit note numbers begin with"), [Length(max=20)])
    digits = WholeNumber(
        _l("Digits"), [InputRequired(NOT_A_NUMBER)], description=_l("Smaller figures get zeros in front.")
    )
    authorise_role = RadioField(
        _l("Who authorises"),
        choices=[SelectChoice("staff", _l("Staff and administrators")), SelectChoice("admin", _l("Administrators"))],
    )
    four_eyes = BooleanField(
        _l("Two people for every invoice"), description=_l("Whoever approved an invoice does not authorise it too.")
    )
