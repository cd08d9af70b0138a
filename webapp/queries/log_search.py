"""Which runs a search in the logs means, over all entries: by the indexes of the invoices and of the runs' own words.

Few runs that can be meant are gathered and looked at; what very many hold is met on the way through the list.
"""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, and_, exists, or_, select

from webapp.domain.failures import Failure
from webapp.queries import words
from webapp.queries.failures import explain
from webapp.queries.invoice_search import begins
from webapp.queries.labels import _
from webapp.queries.piece_search import among, holding
from webapp.store.invoices import Invoice
from webapp.store.log_pieces import LOG_PIECES, LOG_WAITING
from webapp.store.runs import Run, RunItem
from webapp.store.search_pieces import PIECES, WAITING
from webapp.store.session import current
from webapp.store.words import word

KINDS = ("sales", "purchase")
SHORTEST = 3
"""Letters from which on contacts and messages are searched too."""

MANY = 20_000
"""More than these are not looked at one by one."""

TROUBLE = ("failed", "unknown")


def search_condition(organisation_id: int, text: str) -> ColumnElement[bool]:
    """Match number or contact of one of its invoices, who started it, what Yuki said, its own number, or our words."""
    term = text.strip()
    ids: set[int] = set()
    ways: list[ColumnElement[bool]] = [*_by_our_words(term.casefold())]
    for found in (_by_invoice(organisation_id, term), _by_their_words(organisation_id, term)):
        if isinstance(found, set):
            ids |= found
        else:
            ways.append(found)
    if term.isdecimal() and len(term) < 10:
        ids.add(int(term))
    return or_(among(Run.id, ids), *ways)


def _by_invoice(organisation_id: int, term: str) -> set[int] | ColumnElement[bool]:
    """Return the runs with an invoice whose number begins so or whose contact is called so; too many: a condition."""
    matches = begins(Invoice.number, term)
    mine = (Invoice.organisation_id == organisation_id, Invoice.kind.in_(KINDS))
    ids: set[int] | None = set()
    if len(term) >= SHORTEST:
        matches |= Invoice.contact_name.icontains(term, autoescape=True)
        ids = _candidates(WAITING.c.invoice_id, holding(PIECES, organisation_id, term, MANY), organisation_id)
    if ids is not None:
        for kind in KINDS:
            numbered = select(Invoice.id).where(mine[0], Invoice.kind == word(kind), begins(Invoice.number, term))
            ids.update(current().scalars(numbered.limit(MANY + 1)))
    if ids is None or len(ids) > MANY:
        return exists().where(RunItem.run_id == Run.id, RunItem.invoice_id == Invoice.id, *mine, matches)
    if not ids:
        return set()
    runs = select(RunItem.run_id).join(Invoice, Invoice.id == RunItem.invoice_id)
    return set(current().scalars(runs.where(among(RunItem.invoice_id, ids), *mine, matches).distinct()))


def _by_their_words(organisation_id: int, term: str) -> set[int] | ColumnElement[bool]:
    """Return the runs that somebody called so started, or of which the books said so; too many: a condition."""
    matches = Run.actor_name.icontains(term, autoescape=True)
    if len(term) >= SHORTEST:
        said = exists().where(
            RunItem.run_id == Run.id,
            RunItem.outcome.in_(TROUBLE),
            RunItem.remote_text.icontains(term, autoescape=True),
        )
        matches = or_(matches, Run.remote_text.icontains(term, autoescape=True), said)
    ids = _candidates(LOG_WAITING.c.run_id, holding(LOG_PIECES, organisation_id, term, MANY), organisation_id)
    if ids is None:
        return matches
    if not ids:
        return ids
    runs = select(Run.id).where(among(Run.id, ids), Run.organisation_id == organisation_id, matches)
    return set(current().scalars(runs))


def _candidates(waiting: ColumnElement[int], held: set[int] | None, organisation_id: int) -> set[int] | None:
    """Add what no index knows yet to what one says; None where they are too many."""
    if held is None:
        return None
    mine = waiting.table.c.organisation_id == organisation_id
    held.update(current().scalars(select(waiting).where(mine).limit(MANY + 1)))
    return held if len(held) <= MANY else None


def _by_our_words(wanted: str) -> Iterator[ColumnElement[bool]]:
    """Yield what matches by the words that the screens have for a run and its failures."""
    categories = [code for code, word in words.CATEGORY.items() if wanted in str(word).casefold()]
    statuses = [code for code, word in words.RUN.items() if wanted in str(word.word).casefold()]
    failures = [failure.value for failure in Failure if wanted in explain(failure).label.casefold()]
    if categories:
        yield Run.category.in_(categories)
    if statuses:
        yield Run.status.in_(statuses)
    if wanted in _("Completed without errors").casefold():
        yield and_(Run.status == "completed", Run.failed == 0, Run.unknown == 0)
    if failures:
        yield Run.failure.in_(failures)
        failed = exists().where(RunItem.run_id == Run.id, RunItem.outcome.in_(TROUBLE), RunItem.failure.in_(failures))
        yield and_(or_(Run.failed > 0, Run.unknown > 0), failed)
