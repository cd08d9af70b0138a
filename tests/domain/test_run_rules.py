"""What a run comes to follows from its counters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.runs import (
    FINAL,
    Counters,
    ItemOutcome,
    ResultCode,
    RunCategory,
    RunStatus,
    Trigger,
    count,
    final_status,
    result_code,
)

pytestmark = pytest.mark.pure
outcomes = st.lists(st.sampled_from(list(ItemOutcome)), max_size=30)


def test_the_code_names_are_those_of_the_contract() -> None:
    assert [*RunCategory] == ["send_invoices", "process_payments", "fetch_invoices", "send_expense_claims"]
    assert [*RunStatus] == ["queued", "running", "completed", "partial", "failed", "cancelled"]
    assert [*Trigger] == ["manual", "automatic"]


@given(outcomes)
def test_the_counters_add_up_to_what_was_offered(found: list[ItemOutcome]) -> None:
    counters = count(found)
    assert counters.offered == len(found)
    assert counters.counted + counters.pending == counters.offered
    assert counters.pending == found.count(ItemOutcome.PENDING)


@pytest.mark.parametrize("wrong", [{"offered": -1}, {"offered": 1, "failed": 2}, {"offered": 3, "skipped": -1}])
def test_counters_that_cannot_be_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"counter|counted"):
        Counters(**wrong)


@pytest.mark.parametrize(
    ("counters", "status", "result"),
    [
        (Counters(0), RunStatus.COMPLETED, ResultCode.OK),
        (Counters(183, succeeded=183), RunStatus.COMPLETED, ResultCode.OK),
        (Counters(3, succeeded=1, skipped=2), RunStatus.COMPLETED, ResultCode.OK),
        (Counters(2, skipped=2), RunStatus.COMPLETED, ResultCode.OK),
        (Counters(3, succeeded=2, failed=1), RunStatus.PARTIAL, ResultCode.PARTIAL),
        (Counters(2, failed=2), RunStatus.FAILED, ResultCode.FAILED),
        (Counters(2, failed=1, skipped=1), RunStatus.FAILED, ResultCode.FAILED),
        (Counters(2, failed=1, unknown=1), RunStatus.PARTIAL, ResultCode.PARTIAL),
        (Counters(2, unknown=2), RunStatus.PARTIAL, ResultCode.UNKNOWN),
    ],
)
def test_a_run_ends_as_its_items_did(counters: Counters, status: RunStatus, result: ResultCode) -> None:
    assert final_status(counters) is status
    assert result_code(counters) is result


def test_a_run_that_breaks_off_is_failed_unless_something_had_succeeded() -> None:
    assert final_status(Counters(5), fatal=True) is RunStatus.FAILED
    assert final_status(Counters(5, succeeded=1), fatal=True) is RunStatus.PARTIAL
    assert final_status(Counters(5, succeeded=1), cancelled=True) is RunStatus.CANCELLED


def test_a_run_with_an_item_still_pending_has_not_ended() -> None:
    with pytest.raises(ValueError, match="without an outcome"):
        final_status(Counters(2, succeeded=1))


@given(outcomes, st.booleans(), st.booleans())
def test_a_run_never_claims_success_it_did_not_have(found: list[ItemOutcome], cancelled: bool, fatal: bool) -> None:
    counters = count(found)
    if counters.pending and not cancelled and not fatal:
        return
    status = final_status(counters, cancelled=cancelled, fatal=fatal)
    assert status in FINAL
    if status is RunStatus.COMPLETED:
        assert not counters.failed
        assert not counters.unknown
    if status is RunStatus.FAILED:
        assert not counters.succeeded
