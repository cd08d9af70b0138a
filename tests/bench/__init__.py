"""Measured figures: the product beside its peers, in turn, as separate processes, and every result checked."""
