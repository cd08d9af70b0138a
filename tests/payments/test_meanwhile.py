"""What changes here while the books are asked: the run has read ahead, and decides on what stands when it writes."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from tests.payments.conftest import Desk
from webapp.extensions import clock
from webapp.services import payments
from webapp.store.connections import Connection
from webapp.store.session import release, transaction

Wait = Callable[[], None]


def meanwhile(desk: Desk, read_ahead: Wait, change: Callable[[], object]) -> None:
    """Let the run read ahead to its end, and `change` happen before its call comes back."""

    def asked() -> None:
        read_ahead()
        change()
        release()

    desk.books.meanwhile = asked


def test_what_was_written_off_meanwhile_is_a_difference_and_no_longer_open(memory_desk: Desk, read_ahead: Wait) -> None:
    invoice_id = memory_desk.booked()
    memory_desk.process()
    meanwhile(
        memory_desk,
        read_ahead,
        lambda: payments.write_off(memory_desk.actor, invoice_id, "bank_costs", Decimal("21.00")),
    )

    run = memory_desk.process()

    assert memory_desk.state(invoice_id) == ("partially_paid", "0.00", "100.00")
    assert run.details["open_here"] == "100.00"
    assert memory_desk.causes(run) == {"here_only": Decimal("21.00")}


def test_what_another_answer_told_meanwhile_counts_once(memory_desk: Desk, read_ahead: Wait) -> None:
    invoice_id = memory_desk.booked()
    memory_desk.process()
    memory_desk.books.ledger[0].open_amount = Decimal("61.00")
    run_id = memory_desk.ask()
    second: list[bool] = []

    def another() -> None:
        if not second:
            second.append(True)
            payments.process(run_id)  # the same run, done by another worker before this one's call comes back

    meanwhile(memory_desk, read_ahead, another)
    memory_desk.work()

    assert memory_desk.payments() == ["60.00"]
    assert memory_desk.state(invoice_id) == ("partially_paid", "60.00", "61.00")


def test_an_answer_to_an_older_question_tells_nothing(memory_desk: Desk, read_ahead: Wait) -> None:
    memory_desk.booked()
    memory_desk.process()
    memory_desk.books.ledger[0].open_amount = Decimal("61.00")

    def asked_later() -> None:
        with transaction() as session:
            connection = session.get_one(Connection, memory_desk.connection_id)
            connection.payments_asked_at = clock.now() + timedelta(days=1)

    meanwhile(memory_desk, read_ahead, asked_later)
    run = memory_desk.process()

    assert (run.status, run.offered) == ("completed", 0)
    assert memory_desk.payments() == []
