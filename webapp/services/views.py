"""Saved views and chosen columns: made, changed and removed by the person whose they are."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from webapp.extensions import clock
from webapp.services.actors import Actor
from webapp.store.session import by_dialect, dialect, direct, transaction
from webapp.store.types import table_of
from webapp.store.views import ListChoice, SavedView

LONGEST = 60
MOST = 50
"""Views of one list that a person can have."""

_CHOICES = table_of(ListChoice)


class ViewProblem(Exception):
    """A view cannot be kept as it was asked; `code`: `name`, `taken`, `many`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def save(actor: Actor, listing: str, name: str, *, args: Mapping[str, str], shared: bool) -> int:
    """Keep what a list shows under a name, in the place of an own view of that name; returns its id.

    Raises ViewProblem.
    """
    name, now = _name(name), clock.now()
    own = (SavedView.user_id == actor.user_id, SavedView.listing == listing)
    try:
        with transaction() as session:
            found = session.scalar(select(SavedView).where(*own, SavedView.name == name).with_for_update())
            if found is None:
                if (session.scalar(select(func.count()).where(*own)) or 0) >= MOST:
                    raise ViewProblem("many")
                found = SavedView(
                    organisation_id=actor.organisation_id,
                    user_id=actor.user_id,
                    listing=listing,
                    name=name,
                    created_at=now,
                )
                session.add(found)
            found.args, found.shared, found.updated_at = dict(args), shared, now
    except IntegrityError:  # pressed twice at once: the other one has kept it
        raise ViewProblem("taken") from None
    return found.id


def change(actor: Actor, view_id: int, *, name: str, shared: bool, everybodys: bool = False) -> bool:
    """Rename a view, and say whether it is shared; False when there is no such one that the actor may change.

    `everybodys`: also one that somebody else shared, as administrators may. Raises ViewProblem.
    """
    name = _name(name)
    try:
        with transaction() as session:
            found = session.scalar(_mine(actor, view_id, everybodys).with_for_update())
            if found is not None:
                found.name, found.shared, found.updated_at = name, shared, clock.now()
    except IntegrityError:
        raise ViewProblem("taken") from None
    return found is not None


def remove(actor: Actor, view_id: int, *, everybodys: bool = False) -> bool:
    """Remove a view; who began with it begins with the whole list. False when there is none that he may remove."""
    with transaction() as session:
        found = session.scalar(_mine(actor, view_id, everybodys).with_for_update())
        if found is None:
            return False
        begun = update(ListChoice).where(ListChoice.view_id == view_id).values(view_id=None)
        session.execute(begun.execution_options(synchronize_session=False))
        session.delete(found)
    return True


def choose_columns(actor: Actor, listing: str, columns: str) -> None:
    """Remember the columns of a list; "" for the usual ones."""
    with transaction():
        direct(_PUT_COLUMNS[dialect()], user_id=actor.user_id, listing=listing, columns=columns[:500])


def begin_with(actor: Actor, listing: str, view_id: int | None) -> bool:
    """Let a list begin with a view, or with everything; False when there is no such view."""
    with transaction() as session:
        if view_id is not None:
            may_see = (SavedView.organisation_id == actor.organisation_id, SavedView.listing == listing)
            found = session.scalar(select(SavedView).where(SavedView.id == view_id, *may_see))
            if found is None or not (found.shared or found.user_id == actor.user_id):
                return False
        direct(_PUT_VIEW[dialect()], user_id=actor.user_id, listing=listing, columns="", view_id=view_id)
    return True


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not 0 < len(name) <= LONGEST:
        raise ViewProblem("name")
    return name


def _mine(actor: Actor, view_id: int, everybodys: bool) -> Any:
    query = select(SavedView).where(SavedView.id == view_id, SavedView.organisation_id == actor.organisation_id)
    own = SavedView.user_id == actor.user_id
    return query.where(own | SavedView.shared if everybodys else own)


def _put(name: str) -> Any:
    def make(insert: Any) -> Any:
        statement = insert(_CHOICES)
        return statement.on_conflict_do_update(
            index_elements=["user_id", "listing"], set_={name: statement.excluded[name]}
        )

    return by_dialect(make)


_PUT_COLUMNS, _PUT_VIEW = _put("columns"), _put("view_id")
