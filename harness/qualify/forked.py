"""A program of its own that connects to a reader and forks: what handles are worth in the child.

``python -m harness.qualify.forked READER`` prints one JSON object with the result codes of SCardStatus in both.
It is a process of its own because a campaign has threads, and those do not survive a fork.
"""

from __future__ import annotations

import json
import os
import sys

from harness.terminals import scard
from harness.terminals.scard import Disposition, Protocol, Share

_CODE_LENGTH = 4


def main(reader: str) -> None:
    """Connect, fork, ask in the child first."""
    context = scard.establish()
    handle, _ = scard.connect(context, reader, Share.SHARED, Protocol.T0_OR_T1)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code, _ = scard.raw("SCardStatus", handle)
        os.write(writing, code.to_bytes(_CODE_LENGTH, "big"))
        os._exit(0)
    os.close(writing)
    told = os.read(reading, _CODE_LENGTH)
    os.waitpid(child, 0)
    code, _ = scard.raw("SCardStatus", handle)
    print(json.dumps({"child": int.from_bytes(told, "big"), "parent": code}))
    scard.disconnect(handle, Disposition.LEAVE)
    scard.release(context)


if __name__ == "__main__":
    main(sys.argv[1])
