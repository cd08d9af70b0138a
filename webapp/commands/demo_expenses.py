"""The demo's expense claims: one that was filed in the archive, one that waits for approval, with drawn receipts."""

import io
from datetime import timedelta
from decimal import Decimal

from flask import current_app
from PIL import Image, ImageDraw
from sqlalchemy import select

from webapp.commands.demo_sandbox import sandbox_answers
from webapp.domain.expenses import vat_within
from webapp.extensions import clock
from webapp.services import expenses
from webapp.services.actors import Actor
from webapp.services.expenses import ClaimData, LineData
from webapp.store.connections import Connection
from webapp.store.session import transaction

TRIP = (
    ("Trein Amsterdam-Utrecht", "18.40", "45100", "ns-dagretour.png", 9, 9),
    ("Lunch met Bakkerij De Korenbloem", "42.75", "45200", "lunch.jpg", 9, 9),
    ("Parkeren P+R", "6.00", "45100", "parkeren.png", 8, 21),
)
HOME = (
    ("Toetsenbord", "79.95", "40300", "toetsenbord.png", 4, 21),
    ("Printerpapier", "23.50", "40300", "papier.jpg", 3, 21),
)
"""What was bought, for how much, its cost category, the receipt, how many days ago, and the percentage of VAT."""
FOLDER = "7"


def load(admin: Actor, staff: Actor) -> None:
    """Switch expense claims on, and enter two; the first is sent where a sandbox of this machine answers."""
    with transaction() as session:
        query = select(Connection).where(
            Connection.organisation_id == admin.organisation_id, Connection.provider == "yuki"
        )
        for connection in session.scalars(query):
            connection.send_expenses, connection.expense_folder_id = True, FOLDER
    trip = _enter(staff, "Klantbezoek Utrecht", TRIP)
    _enter(staff, "Thuiswerkplek", HOME)
    expenses.move(admin, trip, "approved")
    if sandbox_answers(str(current_app.extensions["koppel"].yuki_nl_url)):
        for run_id in expenses.ask(admin, [trip]).run_ids:
            expenses.upload(run_id)


def _enter(actor: Actor, subject: str, lines: tuple[tuple[str, str, str, str, int, int], ...]) -> int:
    today = clock.now().date()
    claim_id = expenses.create(actor, ClaimData(subject, actor.name, today - timedelta(days=2)))
    for text, amount, category, name, ago, rate in lines:
        spent_on = today - timedelta(days=ago)
        vat = {"vat_rate": Decimal(rate), "vat_amount": vat_within(Decimal(amount), Decimal(rate))}
        content = _draw(text, f"€ {amount}", "PNG" if name.endswith("png") else "JPEG")
        expenses.add_line(actor, claim_id, LineData(spent_on, text, Decimal(amount), name, content, category, **vat))
    expenses.move(actor, claim_id, "submitted")
    return claim_id


def _draw(text: str, amount: str, kind: str) -> bytes:
    """Draw a till receipt with what was bought and what it cost."""
    image = Image.new("RGB", (420, 240), "white")
    pen = ImageDraw.Draw(image)
    pen.rectangle((8, 8, 412, 232), outline="#99a3ad", width=2)
    pen.text((28, 32), "BON", fill="#15191d", font_size=28)
    pen.text((28, 92), text, fill="#15191d", font_size=18)
    pen.text((28, 160), amount, fill="#15191d", font_size=30)
    target = io.BytesIO()
    image.save(target, kind)
    return target.getvalue()
