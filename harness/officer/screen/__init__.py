"""The officer's screen: UC Authentication and E-Form Agent as a web page on this machine, with the manual's pages and
button texts.

``desk`` is what happens, ``app`` what is shown of it, ``server`` serves it, ``tray`` is E-Form Agent's symbol. The login
itself is ``harness.officer.login``, step by step. Nothing is imported here.
"""
