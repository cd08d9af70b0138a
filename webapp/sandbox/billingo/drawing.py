"""Draws an account's documents from a seed: the same seed, size and moment always give the same documents."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from webapp.sandbox.billingo.names import make_partners, make_products
from webapp.sandbox.billingo.opening import RATES
from webapp.sandbox.billingo.records import HUF, Account, Document, Item, Partner, Payment, Product
from webapp.sandbox.billingo.totals import gross_of

ZONE = ZoneInfo("Europe/Budapest")
_SPAN = timedelta(days=300)
_METHODS = ("wire_transfer",) * 14 + ("cash", "bankcard", "cash", "szep_card", "elore_utalas", "other")
_AT_ONCE = frozenset({"cash", "bankcard", "szep_card"})
_CURRENCIES = (HUF,) * 17 + ("EUR", "EUR", "USD")
_COMMENTS = ("", "", "", "Köszönjük a vásárlást!", "Lejelentő: TRA/MINTA/2026/7\nRészteljesítés", "--")
_QUIRKS = ("new_method", "new_nav_status", "new_vat", "strange_currency", "unknown_everything", "nav_not_unique")


class Draw:
    """Customers, products and documents of one account, drawn one after the other."""

    def __init__(self, account: Account, seed: int, size: int) -> None:
        self.account = account
        self._random = Random(f"{seed} {account.id}")  # noqa: S311  (invented books, no secret)
        count = max(24, min(2000, size // 12))
        self.partners: list[Partner] = make_partners(self._random, count, account.first_partner)
        self.products: list[Product] = make_products(account.first_id // 10)
        self.numbers: dict[tuple[int, int], int] = {}
        self._id = account.first_id

    def go_on(self, seed: str, last_id: int) -> None:
        """Draws from another seed and after that id from now on, for documents that come later."""
        self._random = Random(seed)  # noqa: S311
        self._id = last_id

    def documents(self, size: int, items: int, end: datetime) -> list[Document]:
        """`size` documents with `items` lines together, oldest first, the last of them shortly before `end`."""
        counts = self._line_counts(size, items)
        made: list[Document] = []
        payable: list[Document] = []
        for place in range(size):
            at = (end - _SPAN * ((size - place - self._random.random()) / size)).replace(microsecond=0)
            kind = "advance" if place % 97 == 50 else self._kind(place / size)
            original = self._original(payable, counts[place]) if kind in ("cancellation", "modification") else None
            if original is not None:
                one = self.correct(original, kind, at)
            else:
                kind = "invoice" if kind in ("cancellation", "modification") else kind
                one = self.document(kind, at, counts[place])
                self.settle(one, end)
                if kind == "invoice":
                    payable.append(one)
            if place % 37 == 11:
                one.quirk = _QUIRKS[place // 37 % len(_QUIRKS)]
            made.append(one)
        return made

    def document(self, kind: str, at: datetime, lines: int) -> Document:
        """A new document of that type; only a draft has no number yet."""
        random = self._random
        day = at.astimezone(ZONE).date()
        block = self._block(kind)
        currency = HUF if kind == "receipt" else _CURRENCIES[self._below(len(_CURRENCIES))]
        method = "cash" if kind == "receipt" else _METHODS[self._below(len(_METHODS))]
        days = 0 if method in _AT_ONCE else (8, 15, 30, 30)[self._below(4)]
        made = Document(
            id=self._next_id(),
            account=self.account.id,
            block_id=block,
            number=0 if kind == "draft" else self._next_number(block, day.year),
            year=day.year,
            type=kind,
            partner_id=self.partners[int(len(self.partners) * random.random() ** 2)].id,
            method=method,
            currency=currency,
            rate=RATES[currency],
            invoice_date=day,
            fulfillment_date=day + timedelta(days=-3 + self._below(9)),
            due_date=day + timedelta(days=days),
            created=at,
            modified=at,
            items=[self._item(currency) for _ in range(lines)],
            correction=kind,
            rounding="five" if method == "cash" and currency == HUF else "none",
            discount=10 if random.random() < 0.03 else 0,
            comment=_COMMENTS[self._below(len(_COMMENTS))],
            language="hu" if currency == HUF else "en",
            electronic=random.random() < 0.4,
            nav_status="not_checked" if kind in ("draft", "proforma") else "done",
        )
        made.gross = gross_of(made)
        return made

    def correct(self, original: Document, kind: str, at: datetime) -> Document:
        """A cancellation (storno) or a modification of an issued document; both are linked with one another."""
        day = at.astimezone(ZONE).date()
        one = replace(
            original,
            id=self._next_id(),
            number=self._next_number(original.block_id, day.year),
            year=day.year,
            type=kind,
            correction=kind,
            invoice_date=day,
            created=at,
            modified=at,
            paid_at=None,
            payments=[],
            related=[original.id],
            quirk="",
        )
        if kind == "cancellation":
            one.items = [replace(item, quantity=-item.quantity) for item in original.items]
        one.gross = gross_of(one)
        original.cancelled = kind == "cancellation"
        original.correction = "canceled" if kind == "cancellation" else "modified"
        original.related = [*original.related, one.id]
        original.modified = at
        return one

    def settle(self, one: Document, end: datetime) -> None:
        """Decides what was paid of it by `end`: most of what is due, some of what is not, a little in part."""
        random = self._random
        if one.type not in ("invoice", "receipt", "advance"):
            return
        gross, fate = one.gross, random.random()
        if one.method in _AT_ONCE:
            one.payments = [Payment(one.invoice_date, gross, one.method)]
            one.paid_at = one.created
            return
        late = one.due_date < end.astimezone(ZONE).date()
        if fate < (0.85 if late else 0.25):
            parts = [gross]
        elif fate < (0.92 if late else 0.32):
            parts = [gross // 400 * 100, gross // 500 * 100][: 1 + self._below(2)]
        else:
            return
        at = one.created
        for part in parts:
            at = min(at + timedelta(days=1 + self._below(29), hours=self._below(8)), end)
            one.payments.append(Payment(at.astimezone(ZONE).date(), part, one.method))
        one.paid_at = at

    def _kind(self, age: float) -> str:
        fate = self._random.random()
        if fate < 0.03:
            return "cancellation"
        if fate < 0.04:
            return "modification"
        if fate < 0.08:
            return "receipt"
        if fate < 0.11:
            return "proforma"
        return "draft" if age > 0.85 and fate > 0.85 else "invoice"

    def _original(self, payable: list[Document], lines: int) -> Document | None:
        """An invoice of late that is not corrected yet and has as many lines as the correction is to have."""
        for one in reversed(payable[-60:]):
            if len(one.items) == lines and not one.related and not one.payments:
                return one
        return None

    def _line_counts(self, size: int, items: int) -> list[int]:
        """At least one line each; one document in every 282 has many."""
        counts = [1] * size
        left = items - size
        for place in range(min(140, size // 2), size, 282):
            many = min(18, left)
            counts[place] += many
            left -= many
        for _ in range(max(0, left)):
            counts[self._below(size)] += 1
        return counts

    def _item(self, currency: str) -> Item:
        random = self._random
        product = self.products[int(len(self.products) * random.random() ** 1.4)]
        price = product.price if currency == HUF else max(99, product.price // 400)
        quantity = 100 * (1 + self._below(8)) if random.random() < 0.9 else 25 + self._below(975)
        typed = random.random() < 0.06
        return Item(
            0 if typed else product.id,
            product.name,
            quantity,
            price,
            product.unit,
            product.vat,
            product.entitlement,
        )

    def _block(self, kind: str) -> int:
        blocks = self.account.blocks
        if kind == "receipt":
            return next(one.id for one in blocks if one.type == "receipt")
        if kind == "proforma":
            return blocks[-1].id if blocks[-1].type == "invoice" else blocks[0].id
        return blocks[1 if blocks[1].type == "invoice" and self._random.random() < 0.15 else 0].id

    def _below(self, limit: int) -> int:
        """A number from 0 to before `limit`; a large set of books needs millions, and randrange takes its time."""
        return int(self._random.random() * limit)

    def _next_id(self) -> int:
        self._id += 50 + self._below(850)
        return self._id

    def _next_number(self, block: int, year: int) -> int:
        number = self.numbers.get((block, year), 0) + 1
        self.numbers[(block, year)] = number
        return number
