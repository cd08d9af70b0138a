"""Who an organisation is on its own papers: its details, and its logo."""

from webapp.services.sellers.keeping import (
    FIELDS,
    SellerData,
    SellerProblem,
    drop_logo,
    keep_logo,
    keep_seller,
    logo_of,
    seller_of,
)
from webapp.services.sellers.pictures import LIMIT, Picture, PictureProblem, read_picture

__all__ = [
    "FIELDS",
    "LIMIT",
    "Picture",
    "PictureProblem",
    "SellerData",
    "SellerProblem",
    "drop_logo",
    "keep_logo",
    "keep_seller",
    "logo_of",
    "read_picture",
    "seller_of",
]
