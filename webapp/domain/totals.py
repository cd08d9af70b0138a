"""From lines to amounts, stated both ways: VAT rounded per line (as Yuki does) and per rate.

Per line is what is stored and sent. The other way is computed beside it, so that a difference of a
cent can be shown instead of smoothed over.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from webapp.domain.money import EXACT, AmountError, AmountFault, cents

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class LineInput:
    """What a line says; `vat_rate` in per cent (21, not 0.21).

    `line_amount` and `line_vat_amount`, where given, take the place of what would be computed; the
    amount includes VAT when `vat_included` says so (as in Yuki's document).
    """

    quantity: Decimal
    unit_price: Decimal
    vat_rate: Decimal
    vat_included: bool = False
    vat_type: int | None = None
    line_amount: Decimal | None = None
    line_vat_amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Amounts:
    """Net, VAT and gross; net plus VAT is always gross."""

    net: Decimal
    vat: Decimal
    gross: Decimal


@dataclass(frozen=True, slots=True)
class VatSummary:
    """The amounts of all lines with one VAT type and rate."""

    vat_type: int | None
    vat_rate: Decimal
    net: Decimal
    vat: Decimal
    gross: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """The totals of a document, and how they are made up per VAT type and rate."""

    net: Decimal
    vat: Decimal
    gross: Decimal
    summary: tuple[VatSummary, ...]


@dataclass(frozen=True, slots=True)
class Calculation:
    """A document computed both ways; `lines` and `per_line` are the ones that are stored."""

    lines: tuple[Amounts, ...]
    per_line: Totals
    per_rate: Totals

    @property
    def difference(self) -> Amounts:
        """Per line minus per rate."""
        return Amounts(
            self.per_line.net - self.per_rate.net,
            self.per_line.vat - self.per_rate.vat,
            self.per_line.gross - self.per_rate.gross,
        )


def line_amounts(line: LineInput, currency: str = "EUR") -> Amounts:
    """Compute one line: the side that the price is on is rounded first, then the VAT, the rest follows.

    Raises AmountError for an amount out of range or a rate outside 0 to 100.
    """
    base = _base(line, currency)
    if line.line_vat_amount is not None:
        return _amounts(base, cents(line.line_vat_amount, currency), line.vat_included)
    return _amounts(base, _vat_of(base, line, currency), line.vat_included)


def calculate(lines: Sequence[LineInput], currency: str = "EUR") -> Calculation:
    """Compute a document both ways; an empty one is all zeros. Raises as `line_amounts` does."""
    amounts, per_line = add_up(lines, currency)
    return Calculation(lines=amounts, per_line=per_line, per_rate=_total(_rate_amounts(lines, currency), currency))


def add_up(lines: Sequence[LineInput], currency: str = "EUR") -> tuple[tuple[Amounts, ...], Totals]:
    """Compute a document per line alone, which is what is stored. Raises as `line_amounts` does."""
    amounts = tuple(line_amounts(line, currency) for line in lines)
    keys = [(line.vat_type, line.vat_rate.normalize()) for line in lines]
    return amounts, _total(zip(keys, amounts, strict=True), currency)


_Key = tuple[int | None, Decimal]


def _rate_amounts(lines: Sequence[LineInput], currency: str) -> list[tuple[_Key, Amounts]]:
    """Add the lines of one VAT type, rate and price side up, and take the VAT once over their sum."""
    sums: dict[tuple[int | None, Decimal, bool], Decimal] = {}
    amounts: list[tuple[_Key, Amounts]] = []
    for line in lines:
        key = (line.vat_type, line.vat_rate.normalize())
        if line.line_vat_amount is not None:
            amounts.append((key, line_amounts(line, currency)))
            continue
        side = (*key, line.vat_included)
        sums[side] = sums.get(side, Decimal(0)) + _base(line, currency)
    for (vat_type, rate, included), base in sums.items():
        whole = LineInput(Decimal(1), base, rate, vat_included=included, vat_type=vat_type)
        amounts.append(((vat_type, rate), line_amounts(whole, currency)))
    return amounts


def _base(line: LineInput, currency: str) -> Decimal:
    """Return the rounded amount of a line on the side that its price is on."""
    if not 0 <= line.vat_rate <= _HUNDRED:
        raise AmountError(AmountFault.MALFORMED)
    if line.line_amount is not None:
        return cents(line.line_amount, currency)
    if not (line.quantity.is_finite() and line.unit_price.is_finite()):
        raise AmountError(AmountFault.NOT_FINITE)
    return cents(EXACT.multiply(line.quantity, line.unit_price), currency)


def _vat_of(base: Decimal, line: LineInput, currency: str) -> Decimal:
    share = _HUNDRED + line.vat_rate if line.vat_included else _HUNDRED
    return cents(EXACT.divide(EXACT.multiply(base, line.vat_rate), share), currency)


def _amounts(base: Decimal, vat: Decimal, included: bool) -> Amounts:
    return Amounts(base - vat, vat, base) if included else Amounts(base, vat, base + vat)


def _total(parts: Iterable[tuple[_Key, Amounts]], currency: str) -> Totals:
    """Add up, per VAT type and rate and over all; sorted, highest rate first."""
    zero = cents(Decimal(0), currency)
    rows: dict[_Key, Amounts] = {}
    for key, part in parts:
        row = rows.get(key, Amounts(zero, zero, zero))
        rows[key] = Amounts(row.net + part.net, row.vat + part.vat, row.gross + part.gross)
    summary = tuple(
        VatSummary(vat_type, rate, row.net, row.vat, row.gross)
        for (vat_type, rate), row in sorted(
            rows.items(), key=lambda entry: (-entry[0][1], -1 if entry[0][0] is None else entry[0][0])
        )
    )
    return Totals(
        net=cents(sum((row.net for row in summary), zero), currency),
        vat=cents(sum((row.vat for row in summary), zero), currency),
        gross=cents(sum((row.gross for row in summary), zero), currency),
        summary=summary,
    )
