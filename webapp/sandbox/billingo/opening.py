"""The accounts, keys and prices that people and tests may rely on; all of it is invented."""

from webapp.sandbox.billingo.records import Account, Block, Key

MAIN_KEY = "00000000-bbbb-0000-0000-000000000001"
OTHER_KEY = "00000000-bbbb-0000-0000-000000000002"
UNPAID_KEY = "00000000-bbbb-0000-0000-000000000003"
POWERLESS_KEY = "00000000-bbbb-0000-0000-000000000004"

MAIN = "main"
OTHER = "other"

DOCUMENTS = 282
ITEMS = 581
"""How many documents and lines a reset makes: the size of the run that is known of the real service."""

# The ids of customers run over 2**31, near which the real ones already are.
ACCOUNTS = {
    MAIN: Account(
        MAIN,
        "Mintavölgy Gyógyászati Kft.",
        "10000003-2-43",
        "Budapest",
        "Képzelt utca 1.",
        "99900001-00000001-00000000",
        1,
        111_000_000,
        2**31 - 400,
        (
            Block(200001, "Számlák", "INV", "invoice"),
            Block(200002, "Előtag nélkül", "", "invoice"),
            Block(200003, "Nyugták", "NY", "receipt"),
            Block(200004, "Díjbekérők", "DB", "invoice"),
        ),
    ),
    OTHER: Account(
        OTHER,
        "Másikfalva Műhely Bt.",
        "10000017-1-08",
        "Győr",
        "Nemlétező tér 2.",
        "99900002-00000002-00000000",
        20,
        90_000_000,
        1_840_000_000,
        (Block(210001, "Számlák", "MM", "invoice"), Block(210003, "Nyugták", "MN", "receipt")),
    ),
}

KEYS = {
    one.key: one
    for one in (
        Key(MAIN_KEY, "read key of Mintavölgy Gyógyászati Kft.", MAIN),
        Key(OTHER_KEY, "read key of Másikfalva Műhely Bt., another account with few documents", OTHER),
        Key(UNPAID_KEY, "key of an account whose package has no API: 402", MAIN, "subscription"),
        Key(POWERLESS_KEY, "key of somebody without permission: 403", MAIN, "permission"),
    )
}

RATES = {"HUF": 10_000, "EUR": 3_985_000, "USD": 3_612_500, "RON": 800_100, "LEJ": 800_100}
"""Ten-thousandths of a forint for one unit."""
