"""The applets' behaviour, one a file. What they say is declared in apdu_specs."""
