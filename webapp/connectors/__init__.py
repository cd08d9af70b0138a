"""The remotes: ports, HTTP, and one package per vendor."""
