"""Prices a line: which sales item it is, whose price and VAT hold, which ledger account, what amounts."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from webapp.sandbox.yuki.books import new_id
from webapp.sandbox.yuki.charts import CHARTS, VAT_CODES
from webapp.sandbox.yuki.documents import OfferedLine
from webapp.sandbox.yuki.records import Administration, Line, Price, SalesItem
from webapp.sandbox.yuki.stage import Cancelled, Stage

_CENT = Decimal("0.01")
_HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Terms:
    """What holds for every line of an invoice."""

    administration: Administration
    price_list: str
    day: date


def place_line(stage: Stage, terms: Terms, offered: OfferedLine) -> Line:
    """The line as it is booked, with its sales item staged; raises Cancelled where Yuki refuses the invoice."""
    administration = terms.administration
    if not offered.product_description and not offered.product_reference:
        raise Cancelled("The sales item has no description and no reference")
    item = stage.item(administration.id, offered.product_reference, offered.product_description)
    own = item.prices.get(terms.price_list) if item else None
    price = _price(offered, own, terms)
    if not any(
        one.type == price.vat_type and one.percentage == price.vat_percentage and one.holds_on(terms.day)
        for one in VAT_CODES[administration.country]
    ):
        raise Cancelled(
            f"No tax code for VATPercentage {price.vat_percentage} & VATType {price.vat_type}; the invoice is cancelled"
        )
    account = _account(administration, item, offered.gl_account)
    if item is None:
        description = offered.product_description or offered.product_reference
        item = SalesItem(new_id(), administration.id, description, offered.product_reference, account, offered.remarks)
    if own is None:
        item.prices[terms.price_list] = price
    stage.put_item(item)
    net, vat = line_amounts(offered, price)
    return Line(
        offered.description or offered.product_description or item.description,
        offered.quantity,
        price.amount,
        price.vat_included,
        price.vat_type,
        price.vat_percentage,
        account,
        item.id,
        net,
        vat,
        offered.accrual,
    )


def line_amounts(offered: OfferedLine, price: Price) -> tuple[Decimal, Decimal]:
    """Net and VAT of one line, rounded to cents, halves away from zero; amounts that were sent hold as they are."""
    amount = offered.amount if offered.amount is not None else rounded(offered.quantity * price.amount)
    percentage = price.vat_percentage
    if price.vat_included:
        vat = (
            offered.vat_amount
            if offered.vat_amount is not None
            else rounded(amount * percentage / (_HUNDRED + percentage))
        )
        return rounded(amount - vat), rounded(vat)
    vat = offered.vat_amount if offered.vat_amount is not None else rounded(amount * percentage / _HUNDRED)
    return rounded(amount), rounded(vat)


def rounded(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)


def _price(offered: OfferedLine, own: Price | None, terms: Terms) -> Price:
    """Only price, VAT type and VAT percentage together hold; otherwise, or at a price of 0, the price list's."""
    price, kind, percentage = offered.price, offered.vat_type, offered.vat_percentage
    if price is None or kind is None or percentage is None:
        if own is None:
            name = offered.product_description or offered.product_reference
            raise Cancelled(f"The sales item '{name}' is not in the price list '{terms.price_list}'")
        return own
    amount, included = price, offered.vat_included
    if price == 0 and own is not None:
        amount, included = own.amount, own.vat_included
    return Price(amount, included, kind, percentage.quantize(_CENT))


def _account(administration: Administration, item: SalesItem | None, wanted: str) -> str:
    """A valid code holds for this line; otherwise the item's own, or for a new item the first revenue account."""
    chart = CHARTS[administration.country]
    if chart.accounts.get(wanted, ("", False))[1]:
        return wanted
    return item.gl_account if item else chart.revenue
