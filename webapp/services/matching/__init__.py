"""Match payments with invoices: by themselves where nothing else is possible, else as a person decides."""

from webapp.services.matching.accepting import Accepted, MatchError, accept, refund_payment, undo, write_off_payment
from webapp.services.matching.automatic import allow_automatic, match_automatically, may_match
from webapp.services.matching.gathering import gather, receipt_of
from webapp.services.matching.learning import revoke
from webapp.services.matching.paying_back import overpaid
from webapp.services.matching.retelling import retold_by
from webapp.services.matching.ruling import Allowed, RuleError, allow, allowed, rules_of

__all__ = [
    "Accepted",
    "Allowed",
    "MatchError",
    "RuleError",
    "accept",
    "allow",
    "allow_automatic",
    "allowed",
    "gather",
    "match_automatically",
    "may_match",
    "overpaid",
    "receipt_of",
    "refund_payment",
    "retold_by",
    "revoke",
    "rules_of",
    "undo",
    "write_off_payment",
]
