"""The values that the query parameters of OpenAPI document 3.0.14 take; what a document carries may be newer."""

DOCUMENT_TYPES = frozenset(
    [
        "advance",
        "cancellation",
        "cert_of_completion",
        "d_cert_of_completion",
        "dossier",
        "draft",
        "draft_offer",
        "draft_order_form",
        "draft_waybill",
        "invoice",
        "modification",
        "offer",
        "order_form",
        "proforma",
        "receipt",
        "receipt_cancellation",
        "waybill",
    ]
)

PAYMENT_STATUSES = frozenset(["expired", "none", "outstanding", "paid", "partially_paid"])

PAYMENT_METHODS = frozenset(
    [
        "aruhitel",
        "bankcard",
        "barion",
        "barter",
        "cash",
        "cash_on_delivery",
        "coupon",
        "elore_utalas",
        "ep_kartya",
        "kompenzacio",
        "levonas",
        "online_bankcard",
        "other",
        "paylike",
        "payoneer",
        "paypal",
        "paypal_utolag",
        "payu",
        "pick_pack_pont",
        "postai_csekk",
        "postautalvany",
        "skrill",
        "szep_card",
        "transferwise",
        "upwork",
        "utalvany",
        "valto",
        "wire_transfer",
    ]
)

BLOCK_TYPES = frozenset(
    ["certificate_of_completion", "dossier", "invoice", "offer", "order_form", "receipt", "waybill"]
)

CURRENCIES = frozenset(
    [
        "AED",
        "AUD",
        "BGN",
        "BRL",
        "CAD",
        "CHF",
        "CNY",
        "CZK",
        "DKK",
        "EUR",
        "GBP",
        "HKD",
        "HRK",
        "HUF",
        "IDR",
        "ILS",
        "INR",
        "ISK",
        "JPY",
        "KRW",
        "MXN",
        "MYR",
        "NOK",
        "NZD",
        "PHP",
        "PLN",
        "RON",
        "RSD",
        "RUB",
        "SEK",
        "SGD",
        "THB",
        "TRY",
        "UAH",
        "USD",
        "ZAR",
    ]
)
