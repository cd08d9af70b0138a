"""The failure catalogue: complete in every language, and never untrue."""

import pytest
from flask import Flask
from flask_babel import force_locale

from webapp.domain.failures import Failure
from webapp.queries.failures import SKIP_REASONS, explain
from webapp.queries.labels import Group, RunFacts, result_text

PAYMENT_REASONS = ("paused", "never_outstanding", "not_booked", "too_recent", "currency_differs", "ambiguous")
NOT_BOOKED = "It is not in the books."


def _all_codes() -> list[tuple[str, dict[str, str]]]:
    return [(failure.value, {}) for failure in Failure] + [
        ("skipped", {"reason": reason}) for reason in (*SKIP_REASONS, *PAYMENT_REASONS)
    ]


@pytest.mark.parametrize("language", ["nl", "hu"])
def test_every_failure_is_explained_in_every_language(app: Flask, language: str) -> None:
    for code, params in _all_codes():
        with force_locale("en"):
            english = explain(code, params)
        with force_locale(language):
            theirs = explain(code, params)
        for part in ("cause", "consequence", "next_step", "label"):
            text = getattr(theirs, part)
            assert text, (code, part)
            assert "%(" not in text, (code, part)
            assert text != getattr(english, part), (code, params, part, "is not translated")


def test_every_failure_has_words_of_its_own(app: Flask) -> None:
    with force_locale("en"):
        causes = [explain(code, params).cause for code, params in _all_codes() if code != "incomplete"]
    assert len(set(causes)) == len(causes)


@pytest.mark.portable
@pytest.mark.parametrize("failure", list(Failure))
def test_nothing_unproved_is_said_not_to_be_in_the_books(app: Flask, failure: Failure) -> None:
    with force_locale("en"):
        assert NOT_BOOKED not in explain(failure, {"outcome": "unknown"}).consequence
        assert "may be in Yuki" in explain(failure, {"outcome": "unknown"}).consequence


def test_a_run_that_waits_does_not_say_that_nothing_was_booked(app: Flask) -> None:
    with force_locale("en"):
        for failure in (Failure.QUOTA, Failure.NETWORK, Failure.AUTH, Failure.REMOTE):
            assert explain(failure).consequence.startswith("What Yuki confirmed is in the books.")


def test_what_failed_for_certain_is_said_not_to_be_in_the_books(app: Flask) -> None:
    with force_locale("en"):
        assert explain(Failure.VAT, {"outcome": "failed"}).consequence == NOT_BOOKED
        assert explain(Failure.INTERNAL, {"outcome": "failed"}).consequence == NOT_BOOKED


def test_a_payment_run_never_speaks_of_booking(app: Flask) -> None:
    with force_locale("en"):
        words = explain(Failure.NETWORK, {"category": "process_payments"})
    assert words.consequence.startswith("No payments were processed")


def test_a_code_that_nobody_foresaw_is_explained_as_a_refusal(app: Flask) -> None:
    with force_locale("en"):
        assert explain("something_new").label == "other reason"


def _text(language: str, **facts: object) -> str:
    with force_locale(language):
        return result_text(RunFacts(category="send_invoices", **facts))  # type: ignore[arg-type]


def test_a_result_is_one_sentence(app: Flask) -> None:
    assert _text("nl", status="completed", offered=48, succeeded=48) == "Succesvol uitgevoerd zonder fouten"
    two = (Group("failed", "vat", 2),)
    assert _text("nl", status="partial", offered=9, succeeded=7, failed=2, groups=two) == (
        "2 geweigerd: btw-code niet actief"
    )
    both = (Group("failed", "vat", 2), Group("failed", "contact", 5))
    assert _text("nl", status="partial", offered=9, failed=7, unknown=2, groups=both) == (
        "7 geweigerd: relatie niet geaccepteerd (5), btw-code niet actief (2); 2 met onbekende uitkomst"
    )
    assert _text("en", status="cancelled", offered=9, succeeded=3, skipped=6) == "Cancelled: 3 of 9 had already gone"
    assert _text("en", status="failed", failure="auth") == "Failed: key not accepted"
    assert _text("en", status="completed", offered=2, skipped=2) == "Nothing to do: 2 skipped"
    assert _text("en", status="running", offered=48, succeeded=17, failed=2) == "19 of 48 done"


def test_a_waiting_run_says_when_it_goes_on(app: Flask, frozen_clock: object) -> None:
    from datetime import UTC, datetime

    midnight = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
    assert _text("nl", status="queued", failure="quota", resumes_at=midnight) == (
        "Wacht: daglimiet van Yuki bereikt, gaat om 00:00 verder"
    )
    assert _text("en", status="queued", failure="auth") == "Waits for an administrator: key not accepted"
    assert _text("en", status="queued", failure="network") == "Waits: no connection, goes on by itself"
