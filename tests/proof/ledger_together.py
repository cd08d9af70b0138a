"""Many processes on one invoice and one payment: nothing is set against either beyond what there is."""

import multiprocessing
import os
import random
import sys
from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

from flask import Flask
from sqlalchemy import select

from tests.proof.stage import Stage
from tests.support.records import make_invoice
from webapp.extensions import db
from webapp.queries import ledger_audit
from webapp.services import accounts, payments
from webapp.services.actors import Actor, person
from webapp.services.payments import LedgerError, PaymentData
from webapp.store.invoices import Invoice
from webapp.store.payments import Payment

TOTAL = Decimal("121.00")
OUTCOMES = ("accepted", "refused", "broken")


def together(stage: Stage, *, hands: int, tries: int) -> tuple[str, dict[str, Any], bool]:
    """Let so many processes pay, credit, write off and undo on one invoice at one time."""
    context = multiprocessing.get_context("fork")
    with stage.app.app_context():
        actor = person(accounts.add_organisation("Voorbeeld Groep").id, "Vincent")
        invoice = make_invoice(actor.organisation_id, "26-0001")
        note = make_invoice(actor.organisation_id, "26-0002", price="-30.00")
        shared = payments.record_payment(actor, PaymentData("manual", "shared", Decimal(90), date(2026, 3, 2)))
        db.session.remove()
        db.engine.dispose()
    counters = {name: context.Value("i", 0) for name in OUTCOMES}
    barrier = context.Barrier(hands)
    args = (stage.app, actor, invoice, note, shared.payment_id, tries, barrier, counters)
    processes = [context.Process(target=_work, args=(hand, *args)) for hand in range(hands)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    with stage.app.app_context():
        row = db.session.get(Invoice, invoice)
        settled = row.paid_amount + row.credited_amount + row.written_off_amount
        beyond = int(not 0 <= settled <= TOTAL) + int(settled + row.outstanding_amount != TOTAL)
        for payment in db.session.scalars(select(Payment)):
            beyond += int(abs(payment.allocated_amount) > abs(payment.amount))
        wrong = len(ledger_audit.differences(actor.organisation_id))
    figures = {"processes": hands} | {name: counters[name].value for name in OUTCOMES}
    figures |= {"beyond": beyond, "wrong": wrong}
    crashed = sum(process.exitcode != 0 for process in processes)
    return "many hands", figures, not (beyond or wrong or crashed or figures["broken"]) and figures["accepted"] > 0


def _work(
    hand: int,
    app: Flask,
    actor: Actor,
    invoice: int,
    note: int,
    shared: int,
    tries: int,
    barrier: Any,
    counters: dict[str, Any],
) -> None:
    rng = random.Random(hand)
    counted: Counter[str] = Counter()
    mine: list[int] = []
    barrier.wait()
    with app.app_context():
        for number in range(tries):
            try:
                _one(rng, actor, invoice, note, shared, mine, f"{hand}-{number}")
                counted["accepted"] += 1
            except LedgerError:
                counted["refused"] += 1
            except Exception as error:
                counted["broken"] += 1
                print(f"a verb broke off: {error!r}"[:300], file=sys.stderr)
            finally:
                db.session.remove()
    for name, count in counted.items():
        with counters[name].get_lock():
            counters[name].value += count
    os._exit(0)


def _one(rng: random.Random, actor: Actor, invoice: int, note: int, shared: int, mine: list[int], key: str) -> None:
    """Do one random verb."""
    what = rng.random()
    amount = Decimal(rng.randint(1, 400)).scaleb(-1)
    if what < 0.3 and mine:
        payments.reverse_allocation(actor, mine.pop(rng.randrange(len(mine))))
    elif what < 0.5:
        mine += payments.allocate(actor, shared, [(invoice, amount)])
    elif what < 0.6:
        mine.append(payments.write_off(actor, invoice, "bank_costs", amount))
    elif what < 0.7:
        mine.append(payments.credit_against(actor, note, invoice, amount))
    else:
        own = payments.record_payment(actor, PaymentData("manual", key, amount, date(2026, 3, 2)))
        mine += payments.allocate(actor, own.payment_id, [(invoice, amount)])
