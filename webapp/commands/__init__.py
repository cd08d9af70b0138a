"""The subcommands of koppel, one module per noun."""
