"""A program of its own that has a transaction until it is killed.

``python -m harness.qualify.holding READER`` says so in one line, and then waits for the end of its input.
"""

from __future__ import annotations

import sys

from harness.terminals import scard
from harness.terminals.scard import Protocol, Share


def main(reader: str) -> None:
    """Connect, begin, tell, wait."""
    handle, _ = scard.connect(scard.establish(), reader, Share.SHARED, Protocol.T0_OR_T1)
    scard.begin(handle)
    print("begun", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1])
