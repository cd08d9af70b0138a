"""The text of a payment QR code, as EPC069-12 has it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.epc import MOST_BYTES, epc_payload, is_creditor_reference

IBAN = "NL91 ABNA 0417 1643 00"


def test_a_transfer_has_its_eleven_lines_in_order() -> None:
    payload = epc_payload(name="Demo B.V.", iban=IBAN, amount=Decimal("26.4"), reference="2026-0001", bic="abnanl2a")
    assert payload.split("\n") == [
        "BCD", "002", "1", "SCT", "ABNANL2A", "Demo B.V.", "NL91ABNA0417164300", "EUR26.40", "", "", "2026-0001",
    ]  # fmt: skip


def test_a_creditor_reference_stands_in_its_own_line_and_text_is_left_out() -> None:
    lines = epc_payload(name="A", iban=IBAN, amount=Decimal(1), reference="rf18 5390 0754 7034").split("\n")
    assert lines[9:] == ["RF18539007547034"]


def test_one_with_wrong_check_figures_is_only_text() -> None:
    assert not is_creditor_reference("RF19539007547034")
    lines = epc_payload(name="A", iban=IBAN, amount=Decimal(1), reference="RF19539007547034").split("\n")
    assert lines[9:] == ["", "RF19539007547034"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " \n "},
        {"iban": ""},
        {"iban": "NL91"},
        {"iban": "NL91ABNA04171643é0"},
        {"amount": Decimal(0)},
        {"amount": Decimal("-5.00")},
        {"amount": Decimal("0.005")},
        {"amount": Decimal("1000000000")},
    ],
    ids=str,
)
def test_what_cannot_be_transferred_has_no_code(wrong: dict[str, object]) -> None:
    facts: dict[str, object] = {"name": "Demo", "iban": IBAN, "amount": Decimal(5)} | wrong
    assert epc_payload(**facts) == ""  # type: ignore[arg-type]


def test_a_bank_that_is_none_is_left_out() -> None:
    assert epc_payload(name="A", iban=IBAN, amount=Decimal(5), bic="bank").split("\n")[4] == ""


@given(name=st.text(max_size=90), reference=st.text(max_size=200), cents=st.integers(1, 99_999_999_999))
def test_whatever_is_typed_adds_no_line_and_keeps_the_limit(name: str, reference: str, cents: int) -> None:
    payload = epc_payload(name=name, iban=IBAN, amount=Decimal(cents).scaleb(-2), reference=reference)
    assert len(payload.encode()) <= MOST_BYTES
    if payload:
        lines = payload.split("\n")
        assert 8 <= len(lines) <= 11
        assert (lines[0], lines[3], lines[6]) == ("BCD", "SCT", "NL91ABNA0417164300")
        assert Decimal(lines[7].removeprefix("EUR")) == Decimal(cents).scaleb(-2)
