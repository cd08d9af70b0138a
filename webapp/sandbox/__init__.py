"""Servers that stand in for Yuki and Billingo on this machine, for the demo and the tests."""
