"""A second program at the same reader, which resets the card: once when told to, or all the time.

Started by test_habits with the reader's name. Reads words from standard input (``once``, ``loop``, ``end``), answers
``ready``, ``reset`` and at the end the number of resets.
"""

from __future__ import annotations

import select
import sys

from smartcard import scard

EVERY_S = 0.01  # a hundred times as often as programs do that watch a reader


def reset(reader: str, context: int) -> None:
    """Connect, reset, go: what programs do that poll the reader every second."""
    code, handle, _ = scard.SCardConnect(context, reader, scard.SCARD_SHARE_SHARED, scard.SCARD_PROTOCOL_T0)
    if code == scard.SCARD_S_SUCCESS:
        scard.SCardDisconnect(handle, scard.SCARD_RESET_CARD)


def main(reader: str) -> None:
    """Obey until told to end."""
    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    print("ready", flush=True)
    resets, looping = 0, False
    while True:
        if not looping or select.select([sys.stdin], [], [], EVERY_S)[0]:
            word = sys.stdin.readline().strip()
            if word in ("end", ""):
                break
            looping = word == "loop"
            resets += 1
            reset(reader, context)
            print("reset", flush=True)
        else:
            resets += 1
            reset(reader, context)
    scard.SCardReleaseContext(context)
    print(resets, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
