"""Requests and answers made readable: XML and JSON indented, everything else as it is."""

import json

from lxml import etree


def pretty(text: str) -> str:
    """Return a body indented; one that cannot be parsed (cut, HTML, empty) comes back unchanged."""
    stripped = text.strip()
    if stripped.startswith(("{", "[")):
        try:
            return json.dumps(json.loads(stripped), indent=2, ensure_ascii=False)
        except (ValueError, RecursionError):
            return text
    if stripped.startswith("<") and "<!DOCTYPE" not in stripped[:1000].upper():
        return _pretty_xml(stripped) or text
    return text


def _pretty_xml(text: str) -> str:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_blank_text=True, huge_tree=False)
    try:
        tree = etree.fromstring(text.encode("utf-8"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return ""
    etree.indent(tree, "  ")
    return str(etree.tostring(tree, encoding="unicode"))
