"""The officer login as a client does it: the eleven steps, the offices' HTTP clients, the token file.

Nothing is imported here; import what you need from ``harness.officer.login``, ``.offices``, ``.token_file``.
"""
