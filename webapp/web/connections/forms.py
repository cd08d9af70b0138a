"""The forms of connections; a key goes in and never comes out again."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
)
from wtforms.validators import InputRequired, Length

from webapp.domain.connections import Options
from webapp.queries.connections import Draft
from webapp.web.fields import NOT_A_NUMBER, WholeNumber

REGIONS = [
    SelectChoice("nl", _l("The Netherlands (api.yukiworks.nl)")),
    SelectChoice("be", _l("Belgium (api.yukiworks.be)")),
]


class BasicsForm(FlaskForm):  # type: ignore[misc]
    """Step 1: what it is called and in which country."""

    name = StringField(
        _l("Name"),
        [InputRequired(_l("Give the connection a name.")), Length(max=200)],
        description=_l("How you and your colleagues recognise it, for instance the name of the administration."),
    )
    region = RadioField(_l("Country of Yuki"), choices=REGIONS, default="nl")


class KeyForm(FlaskForm):  # type: ignore[misc]
    """Step 2: the key; name and region come along."""

    name = HiddenField()
    region = HiddenField()
    key = PasswordField(_l("API key"), [InputRequired(_l("Paste the API key."))])


class AdministrationForm(FlaskForm):  # type: ignore[misc]
    """Step 3: one of the administrations that the key sees, or an ID."""

    chosen = RadioField(_l("Administration"), validate_choice=False)
    administration_id = StringField(
        _l("Administration ID"),
        description=_l("As it stands in the list under Instellingen → Webservices in Yuki."),
    )


def offer_departments(field: SelectField, departments: list[tuple[int, str]]) -> None:
    """Fill a list of departments; the first choice is the whole organisation."""
    whole = SelectChoice("", _l("Whole organisation"))
    field.choices = [whole, *(SelectChoice(str(key), name) for key, name in departments)]


def chosen_department(field: SelectField) -> int | None:
    """Return the department that was chosen, None for the whole organisation."""
    department = field.data or ""
    return int(department) if department.isascii() and department.isdigit() else None


class OptionsForm(FlaskForm):  # type: ignore[misc]
    """Step 4: what the connection does."""

    send_invoices = BooleanField(_l("Send invoices to Yuki"), default=True)
    auto_send = BooleanField(
        _l("Send automatically"),
        description=_l("An invoice goes to Yuki as soon as it is sent to the customer."),
    )
    draft = BooleanField(
        _l("Send as draft"),
        description=_l(
            "Yuki keeps the invoice under Te verzenden until somebody finishes it there. "
            "A draft whose answer is lost has to be looked up by hand."
        ),
    )
    fetch_invoices = BooleanField(
        _l("Read invoices automatically"),
        description=_l(
            "Sales and purchase invoices from Yuki's archive with their status, as often as the calls of the day allow."
        ),
    )
    process_payments = BooleanField(_l("Process payments automatically"), default=True)
    payment_times = StringField(
        _l("Times"),
        default="07:00, 14:00",
        description=_l("Amsterdam time. Each run costs one or two calls, whatever the number of invoices."),
    )
    department_id = SelectField(
        _l("Department"),
        description=_l("A department with its own connection does not use the one of the organisation."),
        validate_choice=False,
    )
    debtor_account = StringField(
        _l("Ledger account of debtors"),
        [Length(max=20)],
        description=_l(
            "There Yuki tells on which day a payment came. Empty: 13000 in the Netherlands, 400000 in Belgium."
        ),
    )
    daily_calls = WholeNumber(
        _l("Calls per day"),
        [InputRequired(NOT_A_NUMBER)],
        description=_l("Yuki allows 1,000 calls per domain and day unless you have bought more."),
    )

    def offer(self, departments: list[tuple[int, str]]) -> None:
        """Fill the list of departments; the first choice is the whole organisation."""
        offer_departments(self.department_id, departments)

    def options(self) -> Options:
        """Return what was filled in."""
        return Options(
            send_invoices=self.send_invoices.data,
            process_payments=self.process_payments.data,
            auto_send=self.auto_send.data,
            draft=self.draft.data,
            fetch_invoices=self.fetch_invoices.data,
            payment_times=self.payment_times.data or "",
            department_id=chosen_department(self.department_id),
            daily_calls=self.daily_calls.data,
            debtor_account=self.debtor_account.data or "",
        )


class SourceForm(FlaskForm):  # type: ignore[misc]
    """A connection that invoices are only read from."""

    name = StringField(
        _l("Name"), [InputRequired(_l("Give the connection a name.")), Length(max=200)], default="Billingo"
    )
    key = PasswordField(_l("API key"), [InputRequired(_l("Paste the API key."))])
    payment_times = StringField(
        _l("Times"),
        default="02:00",
        description=_l("Amsterdam time, at most four times a day. Leave empty to fetch by hand only."),
    )
    department_id = SelectField(
        _l("Department"), description=_l("New invoices come to this department."), validate_choice=False
    )

    def offer(self, departments: list[tuple[int, str]]) -> None:
        """Fill the list of departments; the first choice is the whole organisation."""
        offer_departments(self.department_id, departments)

    def values(self) -> dict[str, Any]:
        """Return what was filled in."""
        return {
            "name": self.name.data,
            "key": self.key.data or "",
            "times": self.payment_times.data or "",
            "department_id": chosen_department(self.department_id),
        }


class EditSourceForm(SourceForm):
    """The same of one that is there: an empty key keeps the one there is."""

    key = PasswordField(_l("New API key"))


class EditForm(OptionsForm):
    """All of a connection on one page; an empty key keeps the one there is."""

    name = StringField(_l("Name"), [InputRequired(_l("Give the connection a name.")), Length(max=200)])
    region = RadioField(_l("Country of Yuki"), choices=REGIONS)
    administration_id = StringField(_l("Administration ID"), [InputRequired(_l("Fill in the administration ID."))])
    key = PasswordField(_l("New API key"))


def starting_values(draft: Draft) -> dict[str, Any]:
    """Return what a form shows of a connection, by field."""
    return {
        "name": draft.name,
        "region": draft.region,
        "administration_id": draft.administration_id,
        "send_invoices": draft.send_invoices,
        "process_payments": draft.process_payments,
        "auto_send": draft.auto_send,
        "draft": draft.draft,
        "fetch_invoices": draft.fetch_invoices,
        "payment_times": draft.payment_times,
        "department_id": str(draft.department_id or ""),
        "daily_calls": draft.daily_calls,
        "debtor_account": draft.debtor_account,
    }
