"""The Billingo connector; its place, filled when Billingo is connected."""
