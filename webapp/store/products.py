"""Products: what is sold again and again, to be put on a line with its price and VAT."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Base
from webapp.store.types import AMOUNT, FINE, Key, Moment

_WITH_CODE = text("code <> ''")


class Product(Base):
    """A sales item; `code` is its reference, unique where given, and so is the description, as the books want it.

    `sales_price` None: the books' own price list decides, and with it the VAT.
    """

    __tablename__ = "products"
    __table_args__ = (
        Index(
            "uq_products_code",
            "organisation_id",
            "code",
            unique=True,
            sqlite_where=_WITH_CODE,
            postgresql_where=_WITH_CODE,
        ),
        Index("uq_products_description", "organisation_id", "description", unique=True),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(40), default="")
    description: Mapped[str] = mapped_column(String(60))
    sales_price: Mapped[Decimal | None] = mapped_column(FINE)
    vat_included: Mapped[bool] = mapped_column(default=False)
    vat_type: Mapped[int] = mapped_column(default=1)
    vat_rate: Mapped[Decimal] = mapped_column(AMOUNT)
    vat_description: Mapped[str] = mapped_column(String(100), default="")
    category: Mapped[int | None]
    gl_account_code: Mapped[str] = mapped_column(String(20), default="")
    remarks: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)
