"""Runs everything on one machine: starts the processes, restarts one that dies, and ends all of them together."""
