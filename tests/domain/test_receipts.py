"""A receipt is what its bytes say, whole or refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.receipts import jpeg, pdf, png
from webapp.domain.expenses import delivery_of, folder_number
from webapp.domain.receipts import kind_of

pytestmark = pytest.mark.pure
WHOLE = {"application/pdf": pdf(), "image/png": png(3, 2), "image/jpeg": jpeg(3, 2)}


@pytest.mark.parametrize("kind", sorted(WHOLE))
def test_a_whole_file_is_known_by_its_bytes(kind: str) -> None:
    assert kind_of(WHOLE[kind]) == kind


@pytest.mark.parametrize("kind", sorted(WHOLE))
@given(share=st.floats(0, 0.9))
@settings(max_examples=40)
def test_a_cut_file_is_no_receipt(kind: str, share: float) -> None:
    content = WHOLE[kind]
    assert kind_of(content[: int(len(content) * share)]) is None


@given(content=st.binary(max_size=200))
@settings(max_examples=60)
def test_whatever_the_bytes_reading_them_ends(content: bytes) -> None:
    for head in (b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"%PDF-1.7"):
        kind_of(head + content)


def test_what_hides_behind_a_picture_is_refused() -> None:
    assert kind_of(png() + b"<script>alert(1)</script>") is None
    broken = bytearray(png())
    broken[-6] ^= 1
    assert kind_of(bytes(broken)) is None


@pytest.mark.parametrize(
    "content", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a", b"MZ", b"%PDF-1.4\n", jpeg(0, 0)]
)
def test_anything_else_is_refused(content: bytes) -> None:
    assert kind_of(content) is None


def test_a_picture_of_absurd_size_is_refused() -> None:
    assert kind_of(jpeg(60000, 60000)) is None


def test_a_claim_shows_what_is_worst_of_its_receipts() -> None:
    assert delivery_of([]) == "not_sent"
    assert delivery_of(["sent", "sent"]) == "sent"
    assert delivery_of(["sent", "rejected"]) == "rejected"
    assert delivery_of(["sent", "rejected", "unknown"]) == "unknown"


@pytest.mark.parametrize(
    ("text", "number"), [("7", 7), (" 12 ", 12), ("", None), ("-1", None), ("7a", None), ("٧", None)]
)
def test_a_folder_is_a_number(text: str, number: int | None) -> None:
    assert folder_number(text) == number
