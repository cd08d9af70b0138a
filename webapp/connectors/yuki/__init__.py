"""Yuki: SOAP operations, its format, its refusals, and the gateway made of them."""
