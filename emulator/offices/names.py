"""How long a name is that the offices keep."""

LONGEST_NAME = 120
"""Characters, of a person, an organisation or a position: what its column holds, and what is taken."""
