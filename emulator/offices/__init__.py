"""The offices around the card: the registry office, the authority and NHSO, as one small HTTP service.

``emulator.offices.embedded.EmbeddedOffices`` starts all three on a loopback port. What is public of the real
ones (actions, reply codes, the 60-day rule, the shape of a token) is kept; everything else is ``assumed``.
Nothing is imported here, so that a card alone never pays for a web framework.
"""
