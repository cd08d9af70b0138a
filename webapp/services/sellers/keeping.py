"""Keep who an organisation is on its papers: checked before it is stored, for a customer pays by it."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields

from webapp.domain.drafts import unfit_sign
from webapp.extensions import clock
from webapp.services.actors import Actor
from webapp.services.identifiers import is_iban, is_vat_number
from webapp.services.judging import territories
from webapp.services.sellers.pictures import read_picture
from webapp.store.organisations import Organisation
from webapp.store.sellers import Logo, Seller
from webapp.store.session import current, transaction

_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")


@dataclass(frozen=True, slots=True)
class SellerData:
    """What stands on the papers of an organisation; IBAN and BIC without spaces."""

    name: str = ""
    address_line_1: str = ""
    address_line_2: str = ""
    zipcode: str = ""
    city: str = ""
    country: str = "NL"
    vat_number: str = ""
    coc_number: str = ""
    iban: str = ""
    bic: str = ""
    email: str = ""
    phone: str = ""
    website: str = ""

    @property
    def lacking(self) -> tuple[str, ...]:
        """The fields that an invoice has to show by law, or to be paid, and that are empty."""
        return tuple(one for one in NEEDED if not getattr(self, one))


FIELDS = tuple(one.name for one in fields(SellerData))
NEEDED = ("address_line_1", "zipcode", "city", "vat_number", "coc_number", "iban")
LENGTHS = {name: int(Seller.__table__.c[name].type.length) for name in FIELDS}  # type: ignore[attr-defined]


class SellerProblem(Exception):
    """Details that cannot be kept: pairs of a field and a code for the words of it."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__(", ".join(f"{field}: {code}" for field, code in faults))
        self.faults = faults


def seller_of(organisation_id: int) -> SellerData:
    """Return the details of an organisation; where it keeps none, its own name and country."""
    session = current()
    organisation = session.get_one(Organisation, organisation_id)
    row = session.get(Seller, organisation_id)
    if row is None:
        return SellerData(name=organisation.name, country=organisation.country)
    kept = SellerData(**{name: getattr(row, name) for name in FIELDS})
    return kept if kept.name else SellerData(**asdict(kept) | {"name": organisation.name})


def keep_seller(actor: Actor, data: SellerData) -> None:
    """Keep the details of the actor's organisation, for papers made from now on; raises SellerProblem."""
    plain = _plain(data)
    faults = list(_faults(plain))
    if faults:
        raise SellerProblem(faults)
    with transaction() as session:
        row = session.get(Seller, actor.organisation_id)
        if row is None:
            row = Seller(organisation_id=actor.organisation_id)
            session.add(row)
        for name, value in asdict(plain).items():
            setattr(row, name, value)
        row.updated_at = clock.now()


def logo_of(organisation_id: int) -> Logo | None:
    """Return the logo of an organisation; its bytes are read when they are asked for."""
    return current().get(Logo, organisation_id)


def keep_logo(actor: Actor, content: bytes) -> None:
    """Keep a logo that was uploaded, in the place of the one before; raises PictureProblem."""
    picture = read_picture(content)
    with transaction() as session:
        session.merge(
            Logo(
                organisation_id=actor.organisation_id,
                width=picture.width,
                height=picture.height,
                sha256=hashlib.sha256(picture.content).hexdigest(),
                content=picture.content,
                created_at=clock.now(),
            )
        )


def drop_logo(actor: Actor) -> None:
    """Take the logo away; no error where there is none."""
    with transaction() as session:
        found = session.get(Logo, actor.organisation_id)
        if found is not None:
            session.delete(found)


def _plain(data: SellerData) -> SellerData:
    texts = {name: " ".join(value.split()) for name, value in asdict(data).items()}
    for name in ("iban", "bic", "vat_number", "country"):
        texts[name] = "".join(texts[name].split()).upper()
    return SellerData(**texts)


def _faults(data: SellerData) -> Iterator[tuple[str, str]]:
    for name, value in asdict(data).items():
        if len(value) > LENGTHS[name]:
            yield name, "too_long"
        elif unfit_sign(value):
            yield name, "characters"
    if data.country not in territories():
        yield "country", "country"
    if data.iban and not is_iban(data.iban):
        yield "iban", "iban"
    if data.bic and not _BIC.fullmatch(data.bic):
        yield "bic", "bic"
    if data.vat_number and not is_vat_number(data.vat_number, data.country):
        yield "vat_number", "vat_number"
    if data.email and not _EMAIL.fullmatch(data.email):
        yield "email", "email"
