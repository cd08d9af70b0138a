"""The demo's letterhead: who the invented company is on its invoices, with a logo that is drawn here."""

import io

from PIL import Image, ImageDraw

from webapp.services import sellers
from webapp.services.actors import Actor

SELLER = sellers.SellerData(
    address_line_1="Herengracht 182",
    zipcode="1016 BR",
    city="Amsterdam",
    country="NL",
    vat_number="NL004495445B01",
    coc_number="34287612",
    iban="NL91ABNA0417164300",
    bic="ABNANL2A",
    email="facturen@demo.example",
    phone="020 555 01 23",
    website="www.demo.example",
)
_INK, _GREEN = "#15191d", "#0b6b62"


def set_up(actor: Actor) -> None:
    """Give the actor's organisation its details and its logo."""
    sellers.keep_seller(actor, SELLER)
    sellers.keep_logo(actor, draw_logo())


def draw_logo() -> bytes:
    """Draw a mark with the company's name beside it."""
    image = Image.new("RGB", (760, 200), "white")
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((0, 20, 160, 180), 36, fill=_GREEN)
    pen.ellipse((44, 64, 116, 136), fill="white")
    pen.text((196, 52), "Demo B.V.", fill=_INK, font_size=84)
    target = io.BytesIO()
    image.save(target, "PNG")
    return target.getvalue()
