"""What came in by day is right after every write of a payment, whoever writes and however."""

import random
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

from flask import Flask
from sqlalchemy import delete, insert, select, update

from webapp.extensions import clock
from webapp.queries import payments as listed
from webapp.queries.series import payment_weeks
from webapp.services import tallying
from webapp.store import tallies
from webapp.store.organisations import Organisation
from webapp.store.payments import Payment
from webapp.store.session import current, release, transaction
from webapp.store.types import table_of

TODAY = date(2026, 3, 17)
PAYMENTS = table_of(Payment)


def row(draw: random.Random, organisation_id: int, number: int) -> dict[str, object]:
    """Return a payment of which the books explain nothing, a part or all."""
    amount = Decimal(draw.choice((-20, 45, 121)))
    explained = draw.choice((Decimal(0), amount / 2, amount))
    return {
        "organisation_id": organisation_id,
        "remote_key": f"K-{number}",
        "source": draw.choice(("yuki", "statement", "yuki_paid", "yuki_before")),
        "currency": draw.choice(("EUR", "HUF")),
        "received_on": TODAY - timedelta(days=draw.randrange(70)),
        "amount": amount,
        "explained_amount": explained,
        "unapplied_amount": amount - explained,
        "created_at": clock.now(),
    }


def counted(organisation_id: int, since: date) -> list[tuple[str, Decimal, int]]:
    """Count what came in since a day, payment by payment."""
    sums: dict[str, list[Decimal]] = defaultdict(list)
    for one in current().scalars(select(Payment).where(Payment.organisation_id == organisation_id)):
        if one.received_on >= since and one.explained_amount != one.amount and one.source not in tallies.UNSEEN:
            sums[one.currency].append(one.amount - one.explained_amount)
    release()
    return [(currency, sum(amounts, Decimal(0)), len(amounts)) for currency, amounts in sorted(sums.items())]


def change(draw: random.Random, ids: list[int]) -> None:
    """Change some payments as the product does, or as somebody else might."""
    some, way = draw.sample(ids, 3), draw.randrange(4)
    chosen = PAYMENTS.c.id.in_(some)
    with transaction() as session:
        if way == 0:
            given = draw.choice((PAYMENTS.c.amount, Decimal(0)))
            session.execute(
                update(PAYMENTS)
                .where(chosen)
                .values(explained_amount=given, unapplied_amount=PAYMENTS.c.amount - given)
            )
        elif way == 1:
            session.execute(update(PAYMENTS).where(chosen).values(received_on=TODAY, source="statement"))
        elif way == 2:
            payment = session.get_one(Payment, some[0])
            payment.contact_name, payment.received_on = "Bakker", TODAY - timedelta(days=draw.randrange(70))
        else:
            session.execute(delete(PAYMENTS).where(PAYMENTS.c.id == some[0]))
            ids.remove(some[0])


def test_what_came_in_is_right_after_every_write(
    app: Flask, organisation: Organisation, other_organisation: Organisation
) -> None:
    draw = random.Random(11)
    with transaction() as session:
        rows = [row(draw, one.id, n) for one in (organisation, other_organisation) for n in range(20)]
        session.execute(insert(Payment), rows)
    ids = list(current().scalars(select(Payment.id)))
    release()
    for _ in range(20):
        assert tallying.off() == 0
        change(draw, ids)
        since = TODAY - timedelta(days=draw.randrange(70))
        assert list(listed.received_since(organisation.id, since)) == counted(organisation.id, since)
    first = TODAY - timedelta(days=TODAY.weekday(), weeks=7)
    weeks = payment_weeks(organisation.id, today=TODAY)
    there = counted(organisation.id, first)
    assert [(currency, sum(one.amount for one in weeks if one.currency == currency)) for currency, _, _ in there] == [
        (currency, amount) for currency, amount, _ in there
    ]


def test_what_is_off_of_what_came_in_is_found_and_mended(app: Flask, organisation: Organisation) -> None:
    with transaction() as session:
        draw, nothing = random.Random(3), {"amount": 9, "explained_amount": 0, "unapplied_amount": 9, "source": "yuki"}
        session.execute(insert(Payment), [row(draw, organisation.id, 1) | nothing])
        session.execute(update(tallies.RECEIVED).values(amount=7))
    assert tallying.off() == 1
    assert tallying.mend() == 1
    assert tallying.off() == 0
    assert list(listed.received_since(organisation.id, date.min)) == counted(organisation.id, date.min)
