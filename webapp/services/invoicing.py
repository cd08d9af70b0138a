"""How an organisation invoices: what its numbers look like, and who approves; kept among its settings."""

from dataclasses import dataclass

from webapp.domain.lifecycle import AUTHORISERS, Approval
from webapp.domain.numbering import Pattern, PatternError, fit_pattern
from webapp.services.accounts import AccountError
from webapp.services.actors import Actor
from webapp.store.organisations import Organisation
from webapp.store.session import transaction

KEY = "invoicing"
INVOICES, CREDIT_NOTES = Pattern("{year}-"), Pattern("C{year}-")
ANYBODY = Approval()


@dataclass(frozen=True, slots=True)
class Invoicing:
    """The numbers of invoices and of credit notes, and how an organisation approves."""

    invoices: Pattern = INVOICES
    credit_notes: Pattern = CREDIT_NOTES
    approval: Approval = ANYBODY


def invoicing_of(organisation: Organisation) -> Invoicing:
    """Return how an organisation invoices; what was never chosen is as every organisation begins."""
    kept = organisation.settings.get(KEY, {})
    digits = int(kept.get("digits", INVOICES.digits))
    return Invoicing(
        Pattern(str(kept.get("prefix", INVOICES.prefix)), digits),
        Pattern(str(kept.get("credit_prefix", CREDIT_NOTES.prefix)), digits),
        Approval(str(kept.get("authorise_role", "staff")), bool(kept.get("four_eyes", False))),
    )


def change_invoicing(
    actor: Actor, *, prefix: str, credit_prefix: str, digits: int, authorise_role: str, four_eyes: bool
) -> None:
    """Keep how the actor's organisation invoices, for what is authorised from now on.

    Raises AccountError with the field as its code; `same_prefix` when invoices and credit notes would share a series.
    """
    patterns = {}
    for field, text in (("prefix", prefix), ("credit_prefix", credit_prefix)):
        try:
            patterns[field] = fit_pattern(text, digits)
        except PatternError as error:
            code = field if error.field == "prefix" else error.field
            raise AccountError(code, f"The {code} of invoice numbers cannot be that.") from None
    if patterns["prefix"].prefix == patterns["credit_prefix"].prefix:
        raise AccountError("same_prefix", "Credit notes need a prefix of their own.")
    if authorise_role not in AUTHORISERS:
        raise AccountError("authorise_role", "Staff or administrators authorise.")
    kept = {
        "prefix": patterns["prefix"].prefix,
        "credit_prefix": patterns["credit_prefix"].prefix,
        "digits": digits,
        "authorise_role": authorise_role,
        "four_eyes": four_eyes,
    }
    with transaction() as session:
        organisation = session.get_one(Organisation, actor.organisation_id, with_for_update=True)
        organisation.settings = organisation.settings | {KEY: kept}
