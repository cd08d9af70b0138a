"""Jobs: load by id, call one service."""
