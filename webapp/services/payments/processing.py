"""A payment run: one question to the books, compared with what we knew, and written at once."""

from webapp.connectors.ports import ConnectorError, OpenItems, Unavailable
from webapp.domain.failures import Failure
from webapp.domain.runs import RunCategory, Trigger
from webapp.extensions import clock
from webapp.services import outbox, runs, troubles
from webapp.services.gateways import OPENING_OF_RUN, OpenGateway, Opening, open_gateway
from webapp.services.lone_runs import TRIES, WAIT, carry, come_back, hold, is_cancelled, until_midnight
from webapp.services.payments.beforehand import Books, Memory, Reader, reading_ahead
from webapp.services.payments.comparing import SIDES
from webapp.services.payments.keptitems import in_order, known_items
from webapp.services.payments.planning import plan_ahead, remote_item
from webapp.services.payments.writing import Answer, write
from webapp.services.progress import publish
from webapp.services.sealing import CannotUnseal
from webapp.store.runs import Run
from webapp.store.session import transaction


class Rests(Exception):
    """The connection may not be asked now."""

    def __init__(self, error: ConnectorError) -> None:
        super().__init__(error.message)
        self.error = error


class Sealed(Exception):
    """The key of the connection cannot be opened."""

    def __init__(self, connection_id: int) -> None:
        super().__init__(connection_id)
        self.connection_id = connection_id


def process(run_id: int) -> None:
    """Do a payment run; safe to call again: the same fact counts once."""
    carry(run_id, _process, failed=runs.fail, event="payment_run_failed")


def _process(run_id: int) -> None:
    try:
        begun = _begin(run_id)
    except Rests as rest:
        come_back(run_id, outbox.PAYMENTS, rest.error)  # nothing was asked, so nothing failed
        return
    except Sealed as sealed:
        _failed(run_id, sealed.connection_id, Unavailable(Failure.AUTH, "The stored key cannot be opened."))
        return
    if begun is None:
        publish(run_id)
        return
    books, opened = begun
    try:
        _ask(run_id, books, opened)
    except ConnectorError as error:
        _failed(run_id, books.id, error)
        return
    publish(run_id)


def _ask(run_id: int, books: Books, opened: OpenGateway) -> None:
    """Ask the books, and write what they tell together with what was said; raises ConnectorError where they do not."""
    asked_at = clock.now()

    def plan(reader: Reader, memory: Memory) -> None:
        plan_ahead(reader, memory, books, asked_at)

    with opened.watch.together() as keep, reading_ahead(plan) as ahead:
        answer = opened.gateway.open_items()
        known = known_items(ahead.end(), books, SIDES["sales"])
        items = list(answer.since(known) if isinstance(answer, OpenItems) else answer)
        remote = [remote_item(item) for item in in_order(items)]
        write(run_id, Answer(items, remote, asked_at), books, ahead, keep=keep)


def _begin(run_id: int) -> tuple[Books, OpenGateway] | None:
    """Start the run and open the gateway in one transaction; None when there is nothing to ask."""
    with transaction() as session:
        begun = runs.begin(run_id, holding=OPENING_OF_RUN)
        if begun is None:
            return None
        if begun.cancel_requested_at is not None:
            is_cancelled(session.get_one(Run, run_id))
            return None
        connection = Opening(*begun.connection)
        if connection.state == "paused":
            runs.fail(run_id, "paused")
            return None
        books = Books(connection.id, connection.uid, connection.organisation_id, connection.provider)
        try:
            opened = open_gateway(
                connection, kind=Trigger(begun.trigger), run_id=run_id, for_payments=True, at_once=True
            )
        except CannotUnseal:
            raise Sealed(books.id) from None
        except ConnectorError as error:
            raise Rests(error) from None
        return books, opened


def _failed(run_id: int, connection_id: int, error: ConnectorError) -> None:
    """Nothing was learnt: ask again later where that helps, else end the run with its reason."""
    waits = getattr(error, "retry_after", None)
    if error.failure is Failure.QUOTA and waits is not None:
        come_back(run_id, outbox.PAYMENTS, error)  # automatic work keeps calls for people: no failure of the connection
        return
    with transaction() as session:
        troubles.note_failure(connection_id, error, category=RunCategory.PROCESS_PAYMENTS, run_id=run_id)
        run = session.get_one(Run, run_id)
        tries = int(str(run.details.get("tries", 0))) + 1
        if error.failure is Failure.QUOTA:
            hold(run_id, outbox.PAYMENTS, error, delay=until_midnight())
        elif isinstance(error, Unavailable) and error.failure is not Failure.AUTH and tries < TRIES:
            run.details = run.details | {"tries": tries}
            hold(run_id, outbox.PAYMENTS, error, delay=waits or WAIT)
        else:
            runs.fail(run_id, error.failure.value, remote_text=error.remote_text)
    publish(run_id)
