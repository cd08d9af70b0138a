"""What changes things: one verb per function; owns the transaction."""
