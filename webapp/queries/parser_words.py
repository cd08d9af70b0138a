"""What the parsers of JSON and XML complain of, in words of ours; they themselves speak English only."""

from typing import Any

from flask_babel import lazy_gettext as _l

_JSON: dict[str, Any] = {
    "Expecting value": _l("a value is missing, or is not between quotation marks"),
    "Expecting property name": _l("a name between quotation marks is missing, or a comma too many stands before it"),
    "Expecting ':'": _l("a colon is missing"),
    "Expecting ','": _l("a comma is missing"),
    "Extra data": _l("something stands after the end"),
    "Unterminated string": _l("a quotation mark is not closed"),
    "Invalid control": _l("a text holds a line break or another control character"),
    "Invalid \\": _l("a backslash in a text is not followed by a sign that belongs there"),
    "Illegal trailing comma": _l("a comma too many stands at the end of a list or object"),
}
_XML: dict[str, Any] = {
    "Opening and ending tag": _l("a tag is closed by another one"),
    "Premature end": _l("the file breaks off before its end"),
    "Start tag expected": _l("there is no tag where one must stand"),
    "Extra content": _l("something stands after the end"),
    "Document is empty": _l("there is no tag where one must stand"),
    "xmlParseEntityRef": _l("the sign & is not written as &amp;"),
    "EntityRef": _l("the sign & is not written as &amp;"),
    "Entity": _l("it names a sign by a word that is not known"),
    "Input is not proper UTF-8": _l("there is a sign in it that is not UTF-8"),
    "PCDATA invalid Char": _l("there is a sign in it that XML cannot carry"),
    "Attribute": _l('an attribute is not written as name="value"'),
    "attributes construct": _l('an attribute is not written as name="value"'),
}
_OTHER = _l("a sign stands where it does not belong")


def json_words(detail: str) -> str:
    """Return what Python's reader of JSON said, in the language of the person."""
    return _known(_JSON, detail)


def xml_words(detail: str) -> str:
    """Return what libxml2 said, in the language of the person."""
    return _known(_XML, detail)


def _known(words: dict[str, Any], detail: str) -> str:
    return str(next((said for start, said in words.items() if detail.startswith(start)), _OTHER))
