"""The sandbox's books: the documents of its accounts, behind one lock; what was changed is kept in a file, if given."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from webapp.sandbox.billingo.calls import Calls
from webapp.sandbox.billingo.drawing import ZONE, Draw
from webapp.sandbox.billingo.faults import KINDS, OPTIONS
from webapp.sandbox.billingo.modes import Mode
from webapp.sandbox.billingo.opening import ACCOUNTS, DOCUMENTS, ITEMS, MAIN
from webapp.sandbox.billingo.records import Account, Block, Document, Partner, Product
from webapp.sandbox.billingo.rendering import Sight
from webapp.sandbox.script import Script
from webapp.sandbox.shelf import Shelf, revive

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Size:
    """What the books were drawn from; `end` is the moment (ISO 8601) shortly before which the last was made."""

    documents: int
    items: int
    seed: int
    end: str


class Shop:
    """One account with all that is in its books; documents stand oldest first."""

    def __init__(self, account: Account, size: Size) -> None:
        self.account = account
        wanted = max(1, size.documents // account.share)
        self.draw = Draw(account, size.seed, wanted)
        self.partners: dict[int, Partner] = {one.id: one for one in self.draw.partners}
        self.products: dict[int, Product] = {one.id: one for one in self.draw.products}
        self.blocks: dict[int, Block] = {one.id: one for one in account.blocks}
        items = max(wanted, size.items // account.share)
        self.documents = self.draw.documents(wanted, items, datetime.fromisoformat(size.end)) if size.documents else []
        self.generation = 0
        """Counts changes, so that what was worked out from the documents can be told to be old."""


class Books:
    """Use it with `with books.lock:`; call `commit()` when a change is complete."""

    def __init__(self, path: Path | None, clock: Clock) -> None:
        self.lock = threading.RLock()
        self._clock = clock
        self._shelf = Shelf(path)
        self.faults = Script(KINDS, OPTIONS)
        self.calls = Calls()
        self.mode = Mode()
        kept = self._shelf.all("size")
        self._open(Size(**kept[0][1]) if kept else self._size())
        self._load()
        if not kept:
            self._shelf.put("size", "size", asdict(self.size))
        self.commit()

    def now(self) -> datetime:
        return self._clock()

    def today(self) -> date:
        """The current date in Budapest."""
        return self.now().astimezone(ZONE).date()

    def reset(self, documents: int = DOCUMENTS, items: int | None = None, seed: int = 1) -> None:
        """Fresh books of that size; mode, faults and counts are forgotten too."""
        self._shelf.clear()
        self.faults.replace([])
        self.calls.clear()
        self.mode = Mode()
        self._open(self._size(documents, items, seed))
        self._shelf.put("size", "size", asdict(self.size))
        self.commit()

    def commit(self) -> None:
        self._shelf.commit()

    def close(self) -> None:
        self._shelf.close()

    def set_mode(self, mode: Mode) -> None:
        self.mode = mode
        self._touch()
        self._shelf.put("mode", "mode", mode.as_json())

    def shop_of(self, one: Document) -> Shop:
        return self.shops[one.account]

    def put(self, one: Document) -> None:
        """A document that is new or has changed; a new one is the newest."""
        shop = self.shop_of(one)
        if one.id not in self.documents:
            shop.documents.append(one)
            self.documents[one.id] = one
        shop.generation += 1
        self.rendered.pop(one.id, None)
        for other in one.related:
            self.rendered.pop(other, None)
        self._shelf.put("document", str(one.id), one)

    def remove(self, one: Document) -> None:
        """The document vanishes, as a draft may and an issued one never should."""
        shop = self.shop_of(one)
        shop.documents.remove(one)
        shop.generation += 1
        del self.documents[one.id]
        self.rendered.pop(one.id, None)
        self._shelf.remove("document", str(one.id))
        self._shelf.put("gone", str(one.id), one.id)

    def sight(self, account: str) -> Sight:
        shop = self.shops[account]
        return Sight(shop.account, shop.partners, shop.blocks, self.today(), self.mode, self.documents.get)

    def _size(self, documents: int = DOCUMENTS, items: int | None = None, seed: int = 1) -> Size:
        lines = documents * ITEMS // DOCUMENTS if items is None else items
        return Size(documents, lines, seed, self.now().replace(microsecond=0).isoformat())

    def _open(self, size: Size) -> None:
        self.size = size
        self.shops = {key: Shop(account, size) for key, account in ACCOUNTS.items()}
        self.documents: dict[int, Document] = {one.id: one for shop in self.shops.values() for one in shop.documents}
        self.found: dict[Any, tuple[Any, list[Document]]] = {}
        self.pdf_asked: Counter[int] = Counter()
        self.made = 0
        self._touch()

    def _touch(self) -> None:
        """Whatever was worked out is old."""
        self.rendered: dict[int, tuple[date, bytes]] = {}
        for shop in self.shops.values():
            shop.generation += 1

    def _load(self) -> None:
        for _, body in self._shelf.all("mode"):
            self.mode = Mode().changed(body)
        for key, _ in self._shelf.all("gone"):
            gone = self.documents.pop(int(key), None)
            if gone is not None:
                self.shop_of(gone).documents.remove(gone)
        changed = {int(key): revive(Document, body) for key, body in self._shelf.all("document")}
        self.documents |= changed
        for shop in self.shops.values():
            own = {one.id: one for one in shop.documents} | {
                key: one for key, one in changed.items() if one.account == shop.account.id
            }
            shop.documents = sorted(own.values(), key=lambda one: one.id)
            for one in shop.documents:
                pad = (one.block_id, one.year)
                shop.draw.numbers[pad] = max(shop.draw.numbers.get(pad, 0), one.number)

    def main(self) -> Shop:
        return self.shops[MAIN]

    def newest(self, shop: Shop, wanted: Callable[[Document], Any]) -> Document | None:
        """The newest document that is wanted, if there is one."""
        return next((one for one in reversed(shop.documents) if wanted(one)), None)
