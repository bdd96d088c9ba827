"""A card that leaves its reader in mid-command: the try is spent once, and no session comes back with it."""

from __future__ import annotations

import socket

import pytest

from emulator.card.issue import card_from_seed, card_in_memory
from emulator.link import LinkThread

RESET, POWER_ON = b"\x00\x01\x02", b"\x00\x01\x01"
SELECT_ADM = "00A4040008A000000084060002"
RIGHT, WRONG, CHANGE = "002000010431323334", "002000010430303030", "00240001083132333435363738"
MATCH_STATUS = "8088010120" + 32 * "00"


def framed(command: str) -> bytes:
    raw = bytes.fromhex(command)
    return len(raw).to_bytes(2, "big") + raw


def answer(reader: socket.socket, command: str) -> bytes:
    reader.sendall(framed(command))
    wanted = int.from_bytes(_exactly(reader, 2), "big")
    return _exactly(reader, wanted)


def _exactly(reader: socket.socket, count: int) -> bytes:
    received = b""
    while len(received) < count:
        piece = reader.recv(count - len(received))
        assert piece
        received += piece
    return received


@pytest.mark.parametrize(
    ("command", "f", "after"), [(WRONG, 0, 1), (RIGHT, 1, 0), (CHANGE, 2, 0), (WRONG, 4, 5)]
)
@pytest.mark.parametrize("sent", [3, 9, None], ids=["a part", "more", "all of it"])
def test_the_link_closes_in_mid_command(command: str, f: int, after: int, sent: int | None) -> None:
    """A command that came whole has happened once, answered or not; one that did not has not happened."""
    card = card_in_memory(card_from_seed(7), failures=f)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        link = LinkThread(card, *listener.getsockname())
        with link:
            reader = listener.accept()[0]
            reader.settimeout(10)
            reader.sendall(POWER_ON)
            assert answer(reader, SELECT_ADM) == b"\x61\x0a"
            reader.sendall(framed(command)[:sent])
            reader.shutdown(socket.SHUT_WR)
            assert len(reader.recv(16)) == (4 if sent is None else 0)  # then the card has left
            reader.close()
        assert card.failures == (after if sent is None else f)
        with LinkThread(card, *listener.getsockname()):
            reader = listener.accept()[0]
            reader.settimeout(10)
            reader.sendall(POWER_ON)
            assert answer(reader, MATCH_STATUS) == b"\x69\x85"
            answer(reader, SELECT_ADM)
            assert answer(reader, MATCH_STATUS) == b"\x69\x82"
            reader.close()
