"""How a list is shown to one person: the columns, the saved views, and the one to begin with."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, or_, select

from webapp.queries.listings import LISTINGS, Column, Listing
from webapp.queries.listings.base import Args
from webapp.store.session import ask, current
from webapp.store.standstill import unless_written
from webapp.store.users import User
from webapp.store.views import ListChoice, SavedView


@dataclass(frozen=True, slots=True)
class View:
    """A saved view; `args` as the address says them. `begins`: the list begins with it for this person."""

    id: int
    listing: str
    name: str
    args: dict[str, Any]
    shared: bool
    own: bool
    owner: str
    begins: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """What a list shows to a person: `args` are the filters, order and columns of the address."""

    listing: Listing
    args: dict[str, Any]
    columns: tuple[str, ...]
    views: tuple[View, ...]

    def __contains__(self, code: str) -> bool:
        return code in self.columns

    @property
    def choices(self) -> tuple[tuple[Column, bool], ...]:
        """The columns to choose from, each with whether it is shown."""
        return tuple((column, column.code in self.columns) for column in self.listing.choices if not column.fixed)

    @property
    def file_args(self) -> dict[str, Any]:
        """The arguments of the file that holds just this."""
        return self.args | {"columns": ",".join(self.columns)}

    @property
    def present(self) -> View | None:
        """The view that shows just this."""
        return next((view for view in self.views if view.args == self.args), None)

    @property
    def begins(self) -> View | None:
        """The view that the list begins with."""
        return next((view for view in self.views if view.begins), None)


def look(user_id: int, listing: str, args: Args) -> Shown:
    """Return how a list is shown to a person, with what he chose of it: one query."""
    found, kept = LISTINGS[listing], LISTINGS[listing].kept(args)
    if args.get("columns"):
        kept["columns"] = ",".join(found.chosen(args["columns"]))
    rows = unless_written(
        ("look", user_id, listing), lambda: ask(_look_query(), user_id=user_id, listing=listing).all()
    )
    chosen = kept.get("columns") or rows[0].columns
    return Shown(found, kept, found.chosen(chosen), tuple(_view(row, user_id) for row in rows if row.id))


def all_of(user_id: int) -> tuple[View, ...]:
    """Return the views of all lists that a person may see, by list and name."""
    rows = current().execute(_query(user_id, ListChoice.listing == SavedView.listing, SavedView.listing.in_(LISTINGS)))
    return tuple(sorted((_view(row, user_id) for row in rows if row.id), key=lambda view: (view.listing, view.name)))


def find(user_id: int, view_id: int) -> View | None:
    """Return a view that a person may see."""
    return next((view for view in all_of(user_id) if view.id == view_id), None)


@cache
def _look_query() -> Any:
    listing: BindParameter[str] = bindparam("listing")
    return _query(bindparam("user_id"), ListChoice.listing == listing, SavedView.listing == listing)


def _query(user_id: Any, choice: Any, view: Any) -> Any:
    """Select a person's choice beside each view that he may see; one row where there is none."""
    owner = select(User.name).where(User.id == SavedView.user_id).correlate(SavedView).scalar_subquery()
    mine = SavedView.organisation_id == User.organisation_id, or_(SavedView.user_id == User.id, SavedView.shared)
    columns = SavedView.id, SavedView.listing, SavedView.name, SavedView.args, SavedView.shared, SavedView.user_id
    return (
        select(ListChoice.columns, ListChoice.view_id, *columns, owner.label("owner"))
        .select_from(User)
        .outerjoin(SavedView, and_(view, *mine))
        .outerjoin(ListChoice, and_(choice, ListChoice.user_id == User.id))
        .where(User.id == user_id)
        .order_by(SavedView.name, SavedView.id)
    )


def _view(row: Any, user_id: int) -> View:
    begins = row.view_id == row.id
    return View(row.id, row.listing, row.name, row.args, row.shared, row.user_id == user_id, row.owner, begins)
