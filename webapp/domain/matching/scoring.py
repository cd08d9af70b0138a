"""What the reasons for and against a proposal weigh together: a score from 1 to 100."""

from functools import lru_cache

from webapp.domain.matching.facts import Reason

AGREES = frozenset({Reason.IBAN, Reason.NAME, Reason.LIKE_NAME})
"""What says that the payer is the contact."""

WEIGHTS = {
    Reason.STRUCTURED: 48,
    Reason.REFERENCE: 42,
    Reason.LOOSE_REFERENCE: 24,
    Reason.AMOUNT: 32,
    Reason.SUM: 30,
    Reason.TOLERANCE: 22,
    Reason.DISCOUNT: 20,
    Reason.PART: 6,
    Reason.TOO_MUCH: 4,
    Reason.ALL_OPEN: 8,
    Reason.IBAN: 28,
    Reason.NAME: 24,
    Reason.LIKE_NAME: 16,
    Reason.ONLY_AMOUNT: -12,
    Reason.OTHER_CONTACT: -14,
    Reason.OTHER_NUMBER: -22,
    Reason.ISSUED_LATER: -10,
    Reason.RIVAL: -12,
}
SURE = 90
"""What is automatic scores at least this, and nothing else does."""


@lru_cache(maxsize=4096)
def score(reasons: frozenset[Reason], *, automatic: bool) -> int:
    """Return the score of a proposal; from SURE on only where it is automatic."""
    weight = sum(map(WEIGHTS.__getitem__, reasons))
    return min(max(weight, SURE), 100) if automatic else max(1, min(weight, SURE - 1))
