"""100,000 payments with misspelt names against 100,000 invoices: matching beside its peers and its limit.

Product, peers and limit in turn, each in a process of its own over the same data, in seconds of the processor:

- product: the index is built and every payment is matched, exactly as after an import;
- LIKE: for each invoice one query over the payments in SQLite, as one writes it first with an ORM (SQLAlchemy):
  its number in the text or the reference, or its contact's name in the name or the text, each with `icontains`, for
  banks write in capitals (`lower(column) LIKE '%' || lower(value) || '%'`). A sample of the invoices, for the whole
  would take hours; the time for all follows from it. It finds less than the product: no name that is misspelt, no
  number that is written another way. A bare LIKE on one column takes a seventh of the time, and finds a part of this;
- dict join: payments joined with invoices by a dictionary on exact facts (currency, amount, folded name);
- Splink on DuckDB, where it is installed (`pip install '.[bench]'`), skipped plainly where not: set up as its own
  worked example of bank transactions (`peers/linkage.py`). It does not read numbers in texts, and is not asked which
  links are certain enough to be applied unseen.
"""

import math
import multiprocessing
import random
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from importlib.util import find_spec
from statistics import median

from sqlalchemy import create_engine, insert, or_, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from tests.bench.figures import Figure, Options, Series, WrongResult
from tests.bench.peers import linkage
from tests.proof.matching.noise import as_a_bank_writes, misspelt, noisy_number
from webapp.domain.matching import Index, OpenInvoice, Receipt, propose, undisturbed
from webapp.domain.matching.names import fold

SAMPLE = 60
DAY = date(2026, 11, 2)
_SOUNDS = (
    "ba be bo da de di do fa ga go ha he ho ja ka ke ko la le li lo ma me mi mo na ne no pa pe po ra re ri ro sa se so "
    "ta te ti to va ve vo wa wi za ze zo stra bru kle gro schu ver hof dijk berg man stein veld horst ster"
)
_TRADES = [
    "Bakkerij",
    "Garage",
    "Drukkerij",
    "Transport",
    "Bouwbedrijf",
    "Kapsalon",
    "Apotheek",
    "Slagerij",
    "Installatie",
    "Schilders",
    "Advies",
]

Pairs = list[tuple[Receipt, int]]


def make(count: int, *, seed: int = 17) -> tuple[list[OpenInvoice], Pairs]:
    """Return invoices, and a payment for each: a name with typing errors, and for half of them a number in the text."""
    rng = random.Random(seed)
    sounds = _SOUNDS.split()
    names = []
    for _ in range(max(count // 4, 1)):
        family = "".join(rng.choices(sounds, k=rng.randrange(3, 6))).title()
        names.append(f"{rng.choice(_TRADES)} {family} {rng.choice(('B.V.', 'BV', 'VOF', 'N.V.', ''))}".strip())
    invoices, pairs = [], []
    for number in range(1, count + 1):
        contact = rng.randrange(len(names))
        amount = Decimal(rng.randrange(1_000, 2_000_000)) / 100
        issued = DAY - timedelta(days=rng.randrange(5, 90))
        invoices.append(
            OpenInvoice(number, f"2026-{number:06}", amount, "EUR", issued, None, contact + 1, names[contact])
        )
    for number in rng.sample(range(1, count + 1), count):
        invoice = invoices[number - 1]
        name = as_a_bank_writes(rng, misspelt(rng, invoice.contact_name, rng.randrange(1, 3)))
        named = rng.random() < 0.5
        text = f"factuur {noisy_number(rng, invoice.number)}" if named else "betaling oktober"
        pairs.append((Receipt(number, invoice.open_amount, "EUR", DAY, text, name, f"NL00BANK{number:010}"), number))
    rng.shuffle(pairs)
    return invoices, pairs


def product(invoices: list[OpenInvoice], pairs: Pairs) -> dict[str, float]:
    """Match everything; returns seconds, precision and recall of what is automatic."""
    started = time.process_time()
    with undisturbed():
        index = Index(invoices)
        found = [propose(receipt, index) for receipt, _ in pairs]
    seconds = time.process_time() - started
    automatic = right = 0
    for proposals, (receipt, truth) in zip(found, pairs, strict=True):
        if proposals and proposals[0].automatic:
            automatic += 1
            right += [(part.invoice_id, part.amount) for part in proposals[0].parts] == [(truth, receipt.amount)]
    return {"seconds": seconds, "precision": right / max(automatic, 1), "recall": right / len(pairs)}


def limit(invoices: list[OpenInvoice], pairs: Pairs) -> dict[str, float]:
    """Join by exact facts: what no matching can be faster than."""
    fold.cache_clear()
    started = time.process_time()
    known = {(one.currency, one.open_amount, fold(one.contact_name)): one.invoice_id for one in invoices}
    found = [known.get((one.currency, one.amount, fold(one.name))) for one, _ in pairs]
    return {"seconds": time.process_time() - started, "found": sum(one is not None for one in found)}


class _Base(DeclarativeBase):
    """Tables of the peer."""


class _Payment(_Base):
    """A payment as the peer keeps it."""

    __tablename__ = "payments"
    id: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[int]
    name: Mapped[str]
    text: Mapped[str]
    reference: Mapped[str]


def like(invoices: list[OpenInvoice], pairs: Pairs) -> dict[str, float]:
    """Look for each invoice among the payments, as one writes it first; a sample, and what all of them would take."""
    engine = create_engine("sqlite://")
    _Base.metadata.create_all(engine)
    with Session(engine) as session:
        rows = [
            {"id": one.payment_id, "amount": int(one.amount * 100), "name": one.name, "text": one.text}
            | {"reference": one.reference}
            for one, _ in pairs
        ]
        session.execute(insert(_Payment), rows)
        session.commit()
        sample = random.Random(1).sample(invoices, min(SAMPLE, len(invoices)))
        truth = {invoice_id: receipt.payment_id for receipt, invoice_id in pairs}
        started = time.process_time()
        right = 0
        for one in sample:
            named = or_(
                _Payment.text.icontains(one.number),
                _Payment.reference.icontains(one.number),
                _Payment.name.icontains(one.contact_name),
                _Payment.text.icontains(one.contact_name),
            )
            found = session.scalars(select(_Payment).where(named).limit(100)).all()
            right += truth[one.invoice_id] in {payment.id for payment in found}
        seconds = (time.process_time() - started) / len(sample) * len(invoices)
    return {"seconds": seconds, "recall": right / len(sample)}


def splink(invoices: list[OpenInvoice], pairs: Pairs) -> dict[str, float]:
    """Link both with Splink, trained on them; returns of how many payments the best link is right."""
    left = [linkage.Record(one.invoice_id, one.contact_name, one.open_amount, one.issue_date) for one in invoices]
    right = [linkage.Record(one.payment_id, one.name, one.amount, one.received_on) for one, _ in pairs]
    return linkage.link(left, right, {receipt.payment_id: invoice_id for receipt, invoice_id in pairs})


PARTS: dict[str, Callable[[list[OpenInvoice], Pairs], dict[str, float]]] = {
    "product": product,
    "dict join": limit,
    "LIKE": like,
    "Splink": splink,
}


def measure(options: Options) -> list[Figure]:
    """Return what matching costs beside its peers, how it grows, and how right it is."""
    count = options.size(100_000, 3_000)
    names = ["product", "dict join", "LIKE"] + (["Splink"] if find_spec("splink") and find_spec("pandas") else [])
    series = Series()
    for number in range(options.rounds):
        found = _in_turn(names[2:][:: 1 if number % 2 else -1], count, options.seed)
        ours = found["product"]["seconds"]
        series.add("LIKE per invoice / product", found["LIKE"]["seconds"] / ours)
        series.add("recall of LIKE", found["LIKE"]["recall"])
        series.add("product / dict join", ours / found["dict join"]["seconds"])
        if "Splink" in found:
            series.add("Splink / product", found["Splink"]["seconds"] / ours)
            series.add("recall of Splink", found["Splink"]["recall"])
        three = _apart("product", 3 * count, options.seed)["seconds"]
        series.add(f"growth exponent to {3 * count:,}", math.log(three / ours) / math.log(3))
        series.add("precision", found["product"]["precision"])
        series.add("recall", found["product"]["recall"])
        series.add("product", ours)
        if found["product"]["precision"] < 0.99:
            raise WrongResult(f"precision {found['product']['precision']:.4f}")
        options.tell(f"  round {number + 1}: {ours:.2f} s, dict join {found['dict join']['seconds']:.2f} s")
    if "Splink" not in names:
        options.tell("  Splink is not installed: skipped")
    note = f"{count:,} payments, {count:,} invoices, {SAMPLE} of them asked with LIKE; seconds of the processor"
    figures = [
        series.figure("LIKE per invoice / product", bound=1000, note=note, row=17),
        series.figure("product / dict join", bound=20, most=True, row=17),
        series.figure(f"growth exponent to {3 * count:,}", unit="", bound=1.2, most=True, row=17),
        series.figure("precision", unit="", bound=0.9995, row=17),
        series.figure("recall", unit="", bound=0.97, row=17),
        series.figure("recall of LIKE", unit=""),
        series.figure("product", unit="s"),
    ]
    if "Splink" in names:
        figures += [series.figure("Splink / product", bound=30, row=17), series.figure("recall of Splink", unit="")]
    return figures


def _in_turn(peers: list[str], count: int, seed: int) -> dict[str, dict[str, float]]:
    """Measure each of the peers once, and what takes seconds before, between and after them: its median counts.

    The peers take minutes, in which the machine is now quick and now slow.
    """
    found, short = {}, {name: [_apart(name, count, seed)] for name in ("product", "dict join")}
    for peer in peers:
        found[peer] = _apart(peer, count, seed)
        for name, several in short.items():
            several.append(_apart(name, count, seed))
    for name, several in short.items():
        found[name] = several[0] | {"seconds": median(one["seconds"] for one in several)}
    return found


def _apart(name: str, count: int, seed: int) -> dict[str, float]:
    """Measure one part once, in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_work, (name, count, seed))


def _work(name: str, count: int, seed: int) -> dict[str, float]:
    return PARTS[name](*make(count, seed=seed))
