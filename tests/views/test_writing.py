"""What templates write: as markupsafe escapes it, whatever comes; and icons, drawn once and known."""

from typing import Any

from flask import Flask, render_template_string
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Template
from markupsafe import Markup, escape

from webapp.web.filters import address, drawn_icon
from webapp.web.writing import bind_writing, safe


class Own:
    """Something that says itself how it stands in HTML."""

    def __html__(self) -> str:
        return "<b>&</b>"


class Worse(str):
    """A text that says nothing of the kind."""


values = st.one_of(
    st.text(), st.text(alphabet="<>&'\"ab"), st.integers(), st.none(), st.decimals(), st.dates(), st.booleans()
)


@given(st.one_of(values, values.map(str).map(Markup), values.map(str).map(Worse), st.builds(Own)))
def test_a_value_is_written_as_markupsafe_escapes_it(value: Any) -> None:
    assert str(safe(value)) == str(escape(value))


EVERYWHERE = (
    "{% macro m(x) %}<i>{{ x }}</i>{% endmacro %}{% set y %}{{ x }}{% endset %}"
    "<p title='{{ x }}'>{{ x }}</p>{{ m(x) }}{{ y }}{{ x ~ '' }}{{ [x]|join }}"
)


@given(st.text(alphabet="<>&'\"x"))
def test_a_template_escapes_in_text_attributes_macros_and_blocks(text: str) -> None:
    app = Flask(__name__)
    bind_writing(app.jinja_env)
    said = str(escape(text))
    with app.app_context():
        assert render_template_string(EVERYWHERE, x=text) == f"<p title='{said}'>{said}</p><i>{said}</i>" + 3 * said


def test_an_icon_adorns_unless_it_has_a_label_and_that_is_escaped_once(app: Flask) -> None:
    with app.test_request_context():
        plain, told, known = drawn_icon("bell"), drawn_icon("bell", "A & <b>"), drawn_icon("bell", Markup("A &amp; B"))
    assert 'aria-hidden="true"' in plain
    assert "#bell" in plain
    assert 'role="img" aria-label="A &amp; &lt;b&gt;"' in told
    assert 'aria-label="A &amp; B"' in known
    assert app.jinja_env.template_class is not Template, "the pages are not written the quick way"


def test_an_address_is_that_of_the_request_that_asks(app: Flask) -> None:
    found = []
    for host in ("een.example", "twee.example"):
        with app.test_request_context(base_url=f"http://{host}/"):
            found.append((address("invoices.index", _external=True), address("invoices.index", page=1)))
    with app.test_request_context(base_url="http://een.example/", environ_overrides={"SCRIPT_NAME": "/koppel"}):
        below = address("invoices.index", page=True)
    assert [outside for outside, _ in found] == ["http://een.example/invoices", "http://twee.example/invoices"]
    assert {inside for _, inside in found} == {"/invoices?page=1"}
    assert below == "/koppel/invoices?page=True"
