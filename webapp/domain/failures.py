"""The classes of failure: one code per cause, and who has to act on it."""

from enum import StrEnum


class Failure(StrEnum):
    """Why something did not succeed; the words for each stand in queries/words.py."""

    AUTH = "auth"  # the key is not accepted
    RIGHT = "right"  # the key lacks a right, or the bundle a function
    ADMINISTRATION = "administration"  # unknown administration, wrong region, inactive domain
    MIXED = "mixed"  # the key opens several administrations, whose documents cannot be told apart
    QUOTA = "quota"  # the day's calls are used up
    SUBSCRIPTION = "subscription"  # the package over there does not include this
    BUSY = "busy"  # too many calls in a short time
    NETWORK = "network"  # no answer, or no connection
    REMOTE = "remote"  # the remote failed on its side
    NOT_UNDERSTOOD = "not_understood"  # an answer we cannot read
    SCHEMA = "schema"  # the document breaks the vendor's schema
    VAT = "vat"  # no such VAT code over there
    CONTACT = "contact"  # the contact is not accepted
    PRICE_LIST = "price_list"  # currency and price list differ, or an item is missing from it
    DUPLICATE = "duplicate"  # the number is in use over there, for something else
    INCOMPLETE = "incomplete"  # a field that is needed is missing or wrong here
    REFUSED = "refused"  # refused in words that we do not know
    UNKNOWN_OUTCOME = "unknown_outcome"  # sent, and no proof either way
    DRAFT_UNKNOWN = "draft_unknown"  # a draft without reference: cannot be looked up
    SKIPPED = "skipped"  # nothing to do: already there, not sendable
    CANCELLED = "cancelled"  # a person stopped it
    INTERNAL = "internal"  # our own mistake


class Actor(StrEnum):
    """Who must act for a failure to go away."""

    NOBODY = "nobody"
    CUSTOMER = "customer"
    US = "us"


_NOBODY = {
    Failure.QUOTA,
    Failure.BUSY,
    Failure.NETWORK,
    Failure.REMOTE,
    Failure.UNKNOWN_OUTCOME,
    Failure.SKIPPED,
    Failure.CANCELLED,
}
_US = {Failure.NOT_UNDERSTOOD, Failure.INTERNAL}

SYSTEMIC = frozenset({Failure.NETWORK, Failure.REMOTE, Failure.NOT_UNDERSTOOD})
"""Failures of the way, not of one invoice: these count for the breaker."""


def who_acts(failure: Failure) -> Actor:
    """Return who has to do something about a failure."""
    if failure in _NOBODY:
        return Actor.NOBODY
    return Actor.US if failure in _US else Actor.CUSTOMER
