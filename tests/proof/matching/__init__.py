"""The proof of matching: labelled payments with realistic noise, and 100,000 against 100,000."""
