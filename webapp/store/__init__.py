"""Tables, one file per noun; `tables` makes all of them known, and a command that needs few loads no more."""
