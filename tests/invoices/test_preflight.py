"""What a person reads before an invoice is sent: on its page, for a selection, and what sending makes of it."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.invoices.conftest import line
from tests.support.records import make_connection
from webapp.connectors.ports import Unavailable, VatCode
from webapp.domain.failures import Failure
from webapp.domain.preflight import Facts
from webapp.extensions import clock
from webapp.queries import preflight_fields, preflight_words
from webapp.services import preflight, vat_codes
from webapp.services.contacts import ContactData
from webapp.services.documents import find_rule_problem, make_document
from webapp.store.connections import Connection
from webapp.store.deliveries import Delivery
from webapp.store.invoices import Invoice
from webapp.store.organisations import Organisation
from webapp.store.outbox import OutboxEntry
from webapp.store.session import current, release, transaction
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]
Make = Callable[..., Invoice]
HIGH = VatCode(1, Decimal("21.00"), "BTW hoog 21%", "NL")


class Books:
    """A gateway that only knows its lists, and counts how often it is asked."""

    def __init__(self, *codes: VatCode, accounts: list[tuple[str, str]] | None = None) -> None:
        self.codes, self.known, self.calls = list(codes), accounts, 0

    def vat_codes(self) -> list[VatCode]:
        self.calls += 1
        return self.codes

    def accounts(self) -> list[tuple[str, str]]:
        self.calls += 1
        if self.known is None:
            raise Unavailable(Failure.RIGHT, "no right")
        return self.known


@pytest.fixture
def connection_id(organisation: Organisation) -> int:
    return make_connection(organisation.id)


def tell(monkeypatch: pytest.MonkeyPatch, books: Books) -> None:
    class Opened:
        gateway = books

    monkeypatch.setattr(vat_codes, "open_gateway", lambda *_args, **_more: Opened())


def found(invoice: Invoice) -> dict[str, str]:
    release()
    examined = preflight.examine(invoice.organisation_id, invoice.id)
    assert examined is not None
    return {one.code: one.severity.value for one in examined.findings}


def test_the_page_says_what_yuki_would_do_and_how_to_mend_it(staff: User, log_in: LogIn, make: Make) -> None:
    made = make("2026-0001", status="sent", currency="USD")
    page = log_in(staff).get(f"/invoices/{made.id}").text
    assert 'data-errors="0" data-warnings="1"' in page
    assert "pricelist&#39;s currency &#34;EUR&#34; does not match" in page
    assert f"/invoices/{made.id}/edit#currency" in page


def test_an_error_points_at_the_field_of_the_line(staff: User, log_in: LogIn, make: Make) -> None:
    made = make("2026-0001", status="sent")
    with transaction():
        current().get_one(Invoice, made.id).lines[0].vat_rate = Decimal(9)
    page = log_in(staff).get(f"/invoices/{made.id}").text
    assert 'data-errors="2"' in page
    assert "/edit#lines-0-vat_rate" in page or "/edit#lines-0-vat" in page


def test_a_selection_is_counted_as_ready_and_with_problems(staff: User, log_in: LogIn, make: Make) -> None:
    made = [make(f"2026-{n:04}", status="sent") for n in range(1, 6)]
    draft = make("2026-0009")
    with transaction():
        current().get_one(Invoice, made[0].id).lines[0].accrual_periods = 3
    client = log_in(staff)
    ids = [str(one.id) for one in (*made, draft)]
    fragment = client.post("/invoices/selection", data={"id": ids}).text
    assert 'data-checked data-ready="4" data-bad="1"' in fragment
    page = client.post("/invoices/check", data={"id": ids}).text
    assert 'data-ready="4" data-bad="1"' in page
    assert page.count('<section class="card" data-id=') == 1
    assert f'name="id" value="{made[1].id}"' in page
    assert f'name="id" value="{made[0].id}"' not in page


def test_everything_that_matches_can_be_checked(staff: User, log_in: LogIn, make: Make) -> None:
    make("2026-0001", status="sent")
    assert 'data-ready="1" data-bad="0"' in log_in(staff).post("/invoices/check", data={"all": "1"}).text
    assert log_in(staff).post("/invoices/check").status_code == 303


def test_the_books_are_asked_once_a_day_and_their_word_counts(
    staff: User, log_in: LogIn, make: Make, connection_id: int, monkeypatch: pytest.MonkeyPatch, frozen_clock: Any
) -> None:
    made = make("2026-0001", status="sent", lines=(line(gl_account_code="80000"),))
    client = log_in(staff)
    assert 'data-action="ask-lists"' in client.get(f"/invoices/{made.id}").text
    client.post(f"/invoices/{made.id}/lists")
    client.post(f"/invoices/{made.id}/lists")
    release()
    asked = current().scalars(select(OutboxEntry).where(OutboxEntry.job == "jobs.vat_codes.read")).all()
    assert [entry.args for entry in asked] == [[connection_id]]
    books = Books(VatCode(1, Decimal("19.00"), "BTW hoog 19%", "NL"), accounts=[("80100", "Omzet")])
    tell(monkeypatch, books)
    release()
    vat_codes.read(connection_id)
    vat_codes.read(connection_id)
    assert books.calls == 2
    assert found(made) | {"vat_pair": "error", "account_unknown": "warning"} == found(made)
    lists = vat_codes.lists_of([current().get_one(Connection, connection_id)])[connection_id]
    invoice = current().get_one(Invoice, made.id)
    document = make_document(invoice, draft=False)
    problem = find_rule_problem(invoice, document, Facts(active=lists.active(made.issue_date)))
    assert problem is not None
    assert (problem.field, problem.failure) == ("lines.1.vat_rate", Failure.VAT)
    assert find_rule_problem(invoice, document, Facts()) is None
    clock.freeze(clock.now() + timedelta(days=1))
    assert "vat_pair" not in found(made)


def test_the_lists_are_asked_for_by_themselves_once_an_hour_until_they_are_there(
    connection_id: int, monkeypatch: pytest.MonkeyPatch, frozen_clock: Any
) -> None:
    assert vat_codes.refresh() == [connection_id]
    assert vat_codes.refresh() == []
    clock.freeze(clock.now() + timedelta(hours=1))
    assert vat_codes.refresh() == [connection_id]
    asked = current().scalars(select(OutboxEntry.job)).all()
    assert asked == ["jobs.vat_codes.read_by_itself"] * 2
    release()
    tell(monkeypatch, Books(HIGH))
    vat_codes.read(connection_id)
    clock.freeze(clock.now() + timedelta(hours=1))
    assert vat_codes.refresh() == []
    clock.freeze(clock.now() + timedelta(days=1))
    assert vat_codes.refresh() == [connection_id]
    with transaction():
        current().get_one(Connection, connection_id).state = "paused"
    clock.freeze(clock.now() + timedelta(days=1))
    assert vat_codes.refresh() == []


def test_another_administration_makes_the_lists_nobodys(
    make: Make, connection_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make("2026-0001", status="sent")
    tell(monkeypatch, Books(VatCode(1, Decimal(19), "x", "NL")))
    vat_codes.read(connection_id)
    assert "vat_pair" in found(made)
    with transaction():
        current().get_one(Connection, connection_id).administration_id = "another"
    assert "vat_pair" not in found(made)


def test_a_key_that_may_not_see_the_accounts_still_tells_the_vat_codes(
    make: Make, connection_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make("2026-0001", status="sent", lines=(line(gl_account_code="99999"),))
    tell(monkeypatch, Books(HIGH))
    vat_codes.read(connection_id)
    assert "vat_pair" not in found(made)
    assert "account_unknown" not in found(made)


def test_a_changed_contact_shows_what_its_card_would_lose(
    staff: User, log_in: LogIn, make: Make, connection_id: int
) -> None:
    from webapp.connectors.registry import write_document

    first = make("2026-0001", status="sent")
    payload, _ = write_document("yuki", make_document(first, draft=False))
    now = clock.now()
    with transaction() as session:
        session.add(
            Delivery(
                organisation_id=first.organisation_id, invoice_id=first.id, connection_id=connection_id, state="sent",
                reference="2026-0001", payload=payload, created_at=now, updated_at=now,
            )
        )  # fmt: skip
    same = make("2026-0002", status="sent")
    assert found(same)["contact_by_code"] == "note"
    contact = ContactData(code="1122", name="Bakkerij De Korenbloem", city="", cleared=frozenset({"city"}), phone="06")
    second = make("2026-0003", status="sent", contact=contact)
    assert found(second)["contact_overwritten"] == "warning"
    page = log_in(staff).get(f"/invoices/{second.id}").text
    assert "Haarlem" in page
    with transaction():
        current().get_one(Invoice, second.id).number = ""
        current().flush()
        current().get_one(Invoice, second.id).process = False
    assert "number_taken" not in found(second)


def test_every_finding_has_its_words_and_every_field_its_name() -> None:
    import re
    from pathlib import Path

    from webapp.domain import preflight as rules

    source = Path(rules.__file__).read_text(encoding="utf-8")
    codes = set(re.findall(r'Finding\(\s*"(\w+)"', source)) | {"incomplete", "unfit", "schema"}
    codes |= {"vat_number", "bank_account"}
    assert codes == set(preflight_words.WORDS)
    assert preflight_fields.form_id("lines.2.product.vat_type") == "lines-1-vat"
