"""Who the organisation is on its invoices: checked, kept, and shown with what is lacking."""

import io
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from PIL import Image

from webapp.services import sellers
from webapp.store.session import current, release
from webapp.store.users import User

LogIn = Callable[[User], FlaskClient]
GOOD = {
    "name": "Voorbeeld Groep B.V.",
    "address_line_1": "Herengracht 182",
    "zipcode": "1016 BR",
    "city": "Amsterdam",
    "country": "NL",
    "vat_number": "nl004495445b01",
    "coc_number": "34287612",
    "iban": "nl91 abna 0417 1643 00",
    "bic": "abnanl2a",
    "email": "facturen@voorbeeld.example",
}


def picture(kind: str = "PNG", size: tuple[int, int] = (300, 100), mode: str = "RGB") -> bytes:
    target = io.BytesIO()
    Image.new(mode, size).save(target, kind)
    return target.getvalue()


def upload(client: FlaskClient, content: bytes, name: str = "logo.png") -> tuple[int, str]:
    answer = client.post("/settings/seller/logo", data={"logo": (io.BytesIO(content), name)})
    return answer.status_code, answer.text


def test_details_are_kept_in_one_form_and_nothing_is_lacking_then(log_in: LogIn, admin: User) -> None:
    client = log_in(admin)
    assert "Op uw facturen ontbreekt nog: Adres" in client.get("/settings/seller").text
    assert client.post("/settings/seller", data=GOOD).status_code == 303
    page = client.get("/settings/seller").text
    assert "ontbreekt nog" not in page
    release()
    current().expire_all()
    kept = sellers.seller_of(admin.organisation_id)
    assert (kept.iban, kept.bic, kept.vat_number) == ("NL91ABNA0417164300", "ABNANL2A", "NL004495445B01")


@pytest.mark.portable
@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"iban": "NL91ABNA0417164301"}, "Dit is geen IBAN"),
        ({"bic": "ABNA"}, "Dit is geen BIC"),
        ({"vat_number": "NL000000001B01"}, "Dit is geen btw-nummer"),
        ({"email": "facturen"}, "Dit is geen e-mailadres"),
        ({"name": "a\x0bb\ufffe"}, "een teken in dat een factuur niet kan bevatten"),
    ],
    ids=str,
)
def test_details_that_cannot_be_are_refused_where_they_stand(
    log_in: LogIn, admin: User, wrong: dict[str, str], sentence: str
) -> None:
    answer = log_in(admin).post("/settings/seller", data=GOOD | wrong)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert sellers.seller_of(admin.organisation_id).iban == ""


def test_a_logo_is_written_anew_handed_out_and_removed(log_in: LogIn, admin: User, viewer: User) -> None:
    client = log_in(admin)
    whole = picture("JPEG", (2000, 700)) + b"<script>alert(1)</script>"
    assert upload(client, whole)[0] == 303
    answer = log_in(viewer).get("/settings/seller/logo.png")
    with Image.open(io.BytesIO(answer.data)) as kept:
        assert (answer.mimetype, kept.format, kept.mode, kept.width <= 1400) == ("image/png", "PNG", "RGB", True)
    assert b"script" not in answer.data
    assert client.post("/settings/seller/logo/remove").status_code == 303
    assert client.get("/settings/seller/logo.png").status_code == 204


@pytest.mark.portable
@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Dit is geen leesbare PNG of JPG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "Dit is geen leesbare PNG of JPG"),
        (picture("GIF"), "Dit is geen leesbare PNG of JPG"),
        (picture()[:90], "Dit is geen leesbare PNG of JPG"),
        (picture(size=(3000, 3000)), "meer dan 4 miljoen pixels"),
        (picture(size=(8, 8)), "te klein"),
    ],
    ids=["empty", "svg", "gif", "cut", "bomb", "dot"],
)
def test_what_is_no_logo_is_refused_with_a_sentence(log_in: LogIn, admin: User, content: bytes, sentence: str) -> None:
    status, page = upload(log_in(admin), content)
    assert status == 422
    assert sentence in page
    assert sellers.logo_of(admin.organisation_id) is None


def test_a_large_file_is_not_even_looked_at() -> None:
    with pytest.raises(sellers.PictureProblem) as problem:
        sellers.read_picture(picture() + b"x" * 1_000_001)
    assert problem.value.code == "large"


def test_only_administrators_change_it(log_in: LogIn, staff: User) -> None:
    client = log_in(staff)
    assert client.get("/settings/seller").status_code == 403
    assert client.post("/settings/seller", data=GOOD).status_code == 403
