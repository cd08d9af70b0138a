"""Contacts: the customers and suppliers of an organisation; and the salesmen who visit them."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.store.types import Json, Key, Moment


class Contact(Base):
    """A customer or supplier; `code` is the contact code (relatienummer), unique where given.

    A field that is empty here is left as it is in the books, unless `cleared` names it: then it is emptied there.
    An archived one stands in no list and no choice, until an invoice names it again.
    """

    __tablename__ = "contacts"
    __table_args__ = (
        Index("uq_contacts_organisation_id_code", "organisation_id", "code", unique=True),
        Index("ix_contacts_organisation_id_name", "organisation_id", "name"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    code: Mapped[str | None] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(200))
    first_name: Mapped[str] = mapped_column(String(100), default="")
    middle_name: Mapped[str] = mapped_column(String(60), default="")
    last_name: Mapped[str] = mapped_column(String(100), default="")
    gender: Mapped[str] = mapped_column(String(10), default="")
    contact_type: Mapped[str] = mapped_column(String(10), default="Company")
    email: Mapped[str] = mapped_column(String(254), default="")
    address_line_1: Mapped[str] = mapped_column(String(200), default="")
    address_line_2: Mapped[str] = mapped_column(String(200), default="")
    area: Mapped[str] = mapped_column(String(100), default="")
    zipcode: Mapped[str] = mapped_column(String(20), default="")
    city: Mapped[str] = mapped_column(String(100), default="")
    country: Mapped[str] = mapped_column(String(2), default="NL")
    vat_number: Mapped[str] = mapped_column(String(30), default="")
    coc_number: Mapped[str] = mapped_column(String(30), default="")
    bank_account: Mapped[str] = mapped_column(String(40), default="")
    bic: Mapped[str] = mapped_column(String(11), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    mobile: Mapped[str] = mapped_column(String(40), default="")
    website: Mapped[str] = mapped_column(String(200), default="")
    cleared: Mapped[list[str]] = mapped_column(Json, default=list)
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)
    archived_at: Mapped[datetime | None] = mapped_column(Moment)


class Salesman(Base):
    """Who sold what stands on an invoice, as the system that sent it names him."""

    __tablename__ = "salesmen"
    __table_args__ = (Index("uq_salesmen_organisation_id_name", "organisation_id", "name", unique=True),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(Moment)
