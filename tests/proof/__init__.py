"""The proof that every invoice is booked exactly once, nothing is lost and nothing untrue is said."""
