"""Invoices to import, as the seed prints them: two items, a customer of one of fifty, the same for the same seed."""

import json
import random
from typing import Any

ITEMS = (
    ("Paracetamol 650mg", "PR650", "3.50", "Sun Pharma", "10x10 Tablets"),
    ("Otrivin Nasal Spray", "OTN10", "85.00", "Novartis", "10ml Bottle"),
)


def invoice(number: str, *, seed: int) -> dict[str, Any]:
    """Return the body of one import."""
    chosen = random.Random(f"{seed} {number}")
    customer = chosen.randrange(50)
    return {
        "invoice_no": number,
        "invoice_date": "2026-02-18",
        "salesman": f"Salesman {chosen.randrange(5)}",
        "created_by": "bench",
        "priority": "HIGH",
        "customer": {
            "code": f"CUST-{customer}",
            "name": f"Customer {customer}",
            "area": "Kozhikode",
            "address1": "Near Railway Station",
            "phone1": "9876543210",
            "email": f"customer{customer}@shop.example",
        },
        "items": [
            {
                "name": name,
                "item_code": code,
                "barcode": f"BC-{code}",
                "quantity": chosen.randrange(1, 30),
                "mrp": float(price),
                "company_name": company,
                "packing": packing,
                "shelf_location": "R-12",
                "remarks": "",
            }
            for name, code, price, company, packing in ITEMS
        ],
    }


def encoded(number: str, *, seed: int) -> bytes:
    """Return the body of one import as it travels."""
    return json.dumps(invoice(number, seed=seed)).encode()
