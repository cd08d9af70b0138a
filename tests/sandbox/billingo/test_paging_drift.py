"""The books move while somebody reads page after page, just when the script says so."""

import pytest

from tests.sandbox.billingo.client import Billingo


def ids(billingo: Billingo, **query: object) -> list[int]:
    return [one["id"] for one in billingo.all(**query)]


def test_one_that_is_made_before_page_two_shows_the_last_of_page_one_again(billingo: Billingo) -> None:
    before = ids(billingo)
    billingo.fault("ListDocument", "insert", page=2)
    read = ids(billingo)
    assert read[100] == read[99]
    assert sorted(set(read)) == sorted(before)
    assert len(ids(billingo)) == 283


def test_one_that_vanishes_before_page_two_hides_one_from_the_reader(billingo: Billingo) -> None:
    before = ids(billingo)
    billingo.fault("ListDocument", "remove", page=2)
    read = ids(billingo)
    assert len(read) == 281
    assert set(before) - set(read) == {before[100]}, "the first of page two slipped to page one"
    gone = set(before) - set(ids(billingo))
    assert len(gone) == 1
    assert billingo.get(f"documents/{gone.pop()}").status_code == 404


def test_several_can_come_at_once_and_for_every_page(billingo: Billingo) -> None:
    billingo.fault("ListDocument", "insert", count=3, times=3, after=1)
    read = ids(billingo)
    assert len(read) - len(set(read)) == 6
    assert billingo.look("ledger")["count"] == 282 + 6


def test_a_draft_that_vanishes_is_a_draft(billingo: Billingo) -> None:
    drafts = {one["id"] for one in billingo.page(type="draft")}
    billingo.fault("ListDocument", "remove_draft")
    billingo.page()
    assert len({one["id"] for one in billingo.page(type="draft")}) == len(drafts) - 1
    assert billingo.look("ledger")["count"] == 281


def test_a_cancellation_between_two_pages_changes_the_original_too(billingo: Billingo) -> None:
    newest = next(one for one in billingo.ledger() if one["type"] == "invoice" and not one["cancelled"])
    first = billingo.page(1)
    billingo.fault("ListDocument", "cancel")
    again = billingo.page(1)
    assert [one["id"] for one in again[1:]] == [one["id"] for one in first[:-1]]
    assert (again[0]["type"], again[0]["related_documents"][0]["id"]) == ("cancellation", newest["id"])
    assert billingo.read(f"documents/{newest['id']}")["cancelled"] is True


@pytest.mark.parametrize("move", ["modify", "pay"])
def test_a_change_stays_in_its_place(billingo: Billingo, move: str) -> None:
    before = billingo.all()
    billingo.fault("ListDocument", move, page=1)
    after = billingo.all()
    assert [one["id"] for one in before] == [one["id"] for one in after]
    assert sum(old != new for old, new in zip(before, after, strict=True)) == 1


def test_a_record_on_two_pages_loses_no_other(billingo: Billingo) -> None:
    before = ids(billingo)
    billingo.fault("ListDocument", "duplicate", page=2)
    read = ids(billingo)
    assert (read[99] == read[100], sorted(set(read))) == (True, sorted(before))
    billingo.fault("ListDocument", "duplicate")
    page = billingo.page(1, 10)
    assert (len(page), page[0] == page[-1]) == (11, True)
