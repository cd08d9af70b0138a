"""What becomes of the contact's card in Yuki, in words: made, found, overwritten, filled in, or left alone."""

from typing import Any

from flask_babel import lazy_gettext as _l

_ASIDE = _l("Nothing, if that is what you want.")
_CHECK_CARD = _l("Look at the differences; what should stay in Yuki, leave empty here.")

WORDS: dict[str, tuple[Any, Any, Any]] = {
    "contact_new": (
        _l("Koppel has not sent an invoice to %(name)s before."),
        _l("Yuki looks for the contact code, then for the name, and makes a new contact if it finds neither."),
        _ASIDE,
    ),
    "contact_by_name": (
        _l("The contact has no code: Yuki finds it by its name, %(name)s."),
        _l("Yuki fills in only what is blank on its card, and the address only where it is the same."),
        _l("Give the contact its code to have its card overwritten."),
    ),
    "contact_by_code": (
        _l("Yuki finds the contact by its code, %(code)s."),
        _l("What is filled in here overwrites its card; it is what was sent last time."),
        _ASIDE,
    ),
    "contact_overwritten": (
        _l("Yuki finds the contact by its code, %(code)s; since the last invoice something was changed here."),
        _l("Its card in Yuki is overwritten with this:"),
        _CHECK_CARD,
    ),
    "card_new": (
        _l("Yuki has no contact with this code or this name."),
        _l("It makes a new contact, %(name)s, from what is filled in here."),
        _l("If it should be there, compare its code and name with Yuki's."),
    ),
    "card_namesake": (
        _l("Yuki has a contact %(name)s with another code, %(other)s."),
        _l("Yuki may use that card, or make a second contact of the same name."),
        _l("Give the contact its code of Yuki here."),
    ),
    "card_overwritten": (
        _l("Yuki has the contact by its code, %(code)s, and its card says something else than this invoice."),
        _l("Its card in Yuki is overwritten with this:"),
        _CHECK_CARD,
    ),
    "card_same": (
        _l("Yuki has the contact by its code, %(code)s."),
        _l("Its card says the same as this invoice: nothing on it changes."),
        _ASIDE,
    ),
    "card_keeps": (
        _l("Yuki has the contact by its name, %(name)s, and its card says something else than this invoice."),
        _l("Found by name, a card keeps what it has; Yuki does not take over this:"),
        _l("Give the contact a code, here and in Yuki, to have its card overwritten; or change it in Yuki."),
    ),
    "card_filled": (
        _l("Yuki has the contact by its name, %(name)s."),
        _l("What is blank on its card is filled in with this:"),
        _ASIDE,
    ),
    "card_same_name": (
        _l("Yuki has the contact by its name, %(name)s."),
        _l("Its card says the same as this invoice: nothing on it changes."),
        _ASIDE,
    ),
}
"""By the code of a finding: reason, consequence, remedy. `contact_` is what we know by ourselves, `card_` of Yuki."""

HEADS: dict[str, tuple[Any, Any]] = {
    "contact_overwritten": (_l("Sent last time"), _l("Now")),
    "card_overwritten": (_l("In Yuki"), _l("Becomes")),
    "card_keeps": (_l("In Yuki, and stays"), _l("Here")),
    "card_filled": (_l("In Yuki"), _l("Becomes")),
}
"""The heads of the two columns of a finding's differences."""
