"""What a run comes to follows from how its items fared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.runs import ResultCode, RunCategory, RunStatus, Trigger, verdict

pytestmark = pytest.mark.pure
numbers = st.integers(0, 300)


def test_the_code_names_are_those_of_the_contract() -> None:
    assert [*RunCategory] == ["send_invoices", "process_payments", "fetch_invoices", "send_expense_claims"]
    assert [*RunStatus] == ["queued", "running", "completed", "partial", "failed", "cancelled"]
    assert [*Trigger] == ["manual", "automatic"]


@pytest.mark.parametrize(
    ("items", "status", "result"),
    [
        ({"offered": 0}, RunStatus.COMPLETED, ResultCode.OK),
        ({"offered": 183, "succeeded": 183}, RunStatus.COMPLETED, ResultCode.OK),
        ({"offered": 3, "succeeded": 1}, RunStatus.COMPLETED, ResultCode.OK),
        ({"offered": 2}, RunStatus.COMPLETED, ResultCode.SKIPPED),
        ({"offered": 3, "succeeded": 2, "failed": 1}, RunStatus.PARTIAL, ResultCode.PARTIAL),
        ({"offered": 2, "failed": 2}, RunStatus.FAILED, ResultCode.FAILED),
        ({"offered": 2, "failed": 1}, RunStatus.FAILED, ResultCode.FAILED),
        ({"offered": 2, "failed": 1, "unknown": 1}, RunStatus.PARTIAL, ResultCode.UNKNOWN),
        ({"offered": 2, "unknown": 2}, RunStatus.PARTIAL, ResultCode.UNKNOWN),
        ({"offered": 5, "succeeded": 1, "taken_back": True}, RunStatus.CANCELLED, ResultCode.CANCELLED),
        ({"offered": 5, "unknown": 1, "taken_back": True}, RunStatus.PARTIAL, ResultCode.UNKNOWN),
    ],
)
def test_a_run_ends_as_its_items_did(items: dict[str, int], status: RunStatus, result: ResultCode) -> None:
    assert verdict(**items) == (status, result)


@given(numbers, numbers, numbers, numbers, st.booleans())
def test_a_run_never_claims_more_than_is_known(
    succeeded: int, failed: int, unknown: int, skipped: int, taken_back: bool
) -> None:
    offered = succeeded + failed + unknown + skipped
    status, result = verdict(
        offered=offered, succeeded=succeeded, failed=failed, unknown=unknown, taken_back=taken_back
    )

    assert status not in (RunStatus.QUEUED, RunStatus.RUNNING)
    assert (result is ResultCode.UNKNOWN) == bool(unknown)
    if status is RunStatus.COMPLETED:
        assert not failed
        assert not unknown
    if status is RunStatus.FAILED:
        assert not succeeded
        assert not unknown
