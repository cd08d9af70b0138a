"""Find what a person sees on a page: by its kind and its words, where a kind is a way of looking at the markup."""

from collections.abc import Iterator

from lxml import html

from tests.yoobi.contract import Item

BUTTON = "//button|//summary|//a[contains(concat(' ', @class, ' '), ' button ')]"
KINDS = {
    "heading": "//h1|//h2|//h3",
    "column": "//th",
    "cell": "//td",
    "button": BUTTON,
    "menu": "//details[contains(@class, 'menu')]//*[contains(@class, 'menu-item')]",
    "link": "//a",
    "label": "//label|//legend",
    "fact": "//dt",
    "tab": "//nav[contains(@class, 'tabs')]//a",
    "chip": "//a[contains(@class, 'chip')]",
    "pill": "//*[contains(@class, 'pill')]",
    "stage": "//ol[contains(@class, 'strip')]/li",
    "search": "//input[@type='search']/@placeholder",
    "origin": "//*[contains(@class, 'origin')]",
    "icon": "//*[local-name()='svg']/@aria-label",
    "text": "//body",
}


def missing(page: str, wanted: tuple[Item, ...]) -> list[Item]:
    """Return what of the wanted cannot be found on a page."""
    tree = html.fromstring(page)
    return [item for item in wanted if not _is_there(tree, item)]


def _is_there(tree: html.HtmlElement, item: Item) -> bool:
    for node in tree.xpath(KINDS[item.kind]):
        texts = [node] if isinstance(node, str) else [*_texts(node)]
        if any(_fits(item, text) for text in texts) and _leads(node, item.leads):
            return True
    return False


def _fits(item: Item, text: str) -> bool:
    flat = " ".join(text.replace("\xa0", "\ue000").split()).replace("\ue000", "\xa0")
    return item.words in flat if item.kind == "text" else flat == item.words or flat.startswith(item.words + " ")


def _texts(node: html.HtmlElement) -> Iterator[str]:
    yield node.text_content()
    yield node.get("title") or ""
    for part in node.xpath(".//span|.//strong|.//h2"):
        yield part.text_content()


def _leads(node: html.HtmlElement, where: str) -> bool:
    return not where or (node.get("href") or "").startswith(where)
