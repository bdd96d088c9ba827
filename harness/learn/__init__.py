"""Learning what machine a card's PIN is, comparing it with the declared one, and conformance suites.

``mapper`` turns symbols into APDUs, ``wp`` and ``suite`` choose words that tell machines apart, ``learning`` learns
(it needs the extra ``learn``), ``script`` shows a deviation as APDUs. All of it is for virtual cards only.
"""
