"""The link: frames split and coalesced anywhere, closing, reconnecting, cards that fail."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu_specs.errors import SpecError
from apdu_specs.vpcd import CONTROLS, FRAME, frame, take_frame
from emulator.link import CardFailed, CardLink, LinkRefused, LinkState, LinkThread

ATR = bytes.fromhex("3B6800000073C84013009000")
LIMIT_S = 60.0


class EchoCard:
    """Answers a command with itself and 9000, and keeps a diary."""

    def __init__(self, atr: bytes = ATR) -> None:
        self.atr = atr
        self.diary: list[str] = []

    def power_on(self) -> None:
        self.diary.append("on")

    def power_off(self) -> None:
        self.diary.append("off")

    def reset(self) -> None:
        self.diary.append("reset")

    def transmit(self, apdu: bytes, /) -> bytes:
        return apdu + b"\x90\x00"


class RaisingCard(EchoCard):
    def transmit(self, apdu: bytes, /) -> bytes:
        raise ZeroDivisionError


class Vpcd:
    """vpcd's end, by hand: written from the wire, not from our declaration."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = socket.create_server((host, port), family=family)
        self.listener.settimeout(LIMIT_S)
        self.host, self.port = self.listener.getsockname()[:2]
        self.card = socket.socket()

    def accept(self) -> None:
        self.card.close()
        self.card, _ = self.listener.accept()
        self.card.settimeout(LIMIT_S)
        self.card.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read(self) -> bytes:
        head = self.card.recv(2, socket.MSG_WAITALL)
        if len(head) < 2:
            return head
        return self.card.recv(struct.unpack(">H", head)[0], socket.MSG_WAITALL)

    def close(self) -> None:
        self.card.close()
        self.listener.close()


@pytest.fixture
def vpcd() -> Iterator[Vpcd]:
    end = Vpcd()
    yield end
    end.close()


def test_controls_and_apdus(vpcd: Vpcd) -> None:
    card = EchoCard()
    with LinkThread(card, vpcd.host, vpcd.port) as link:
        vpcd.accept()
        assert not link.served.is_set()
        vpcd.card.sendall(b"\x00\x01\x04")
        assert vpcd.read() == ATR
        assert link.served.is_set()
        vpcd.card.sendall(b"\x00\x01\x01\x00\x01\x02\x00\x04\x00\xa4\x04\x00\x00\x01\x00\x00\x01\x04")
        assert vpcd.read() == b"\x00\xa4\x04\x00\x90\x00"
        assert vpcd.read() == ATR
        assert card.diary == ["on", "reset", "off"]
    assert card.diary[-1] == "off"  # out of the reader: no power


def test_frames_split_at_every_byte(vpcd: Vpcd) -> None:
    sent = b"\x00\x01\x01\x00\x05\x80\xb0\x00\x04\x02\x00\x01\x04"
    with LinkThread(EchoCard(), vpcd.host, vpcd.port):
        vpcd.accept()
        for cut in range(1, len(sent)):
            vpcd.card.sendall(sent[:cut])
            vpcd.card.sendall(sent[cut:])
            assert vpcd.read() == b"\x80\xb0\x00\x04\x02\x90\x00"
            assert vpcd.read() == ATR
        for byte in sent:
            vpcd.card.sendall(bytes([byte]))
        assert vpcd.read() == b"\x80\xb0\x00\x04\x02\x90\x00"
        assert vpcd.read() == ATR


def test_many_frames_in_one_send_and_long_ones(vpcd: Vpcd) -> None:
    long = bytes(range(256)) * 255
    with LinkThread(EchoCard(), vpcd.host, vpcd.port):
        vpcd.accept()
        vpcd.card.sendall(b"\x00\x01\x04" * 50 + struct.pack(">H", len(long)) + long + b"\x00\x00")
        assert [vpcd.read() for _ in range(50)] == [ATR] * 50
        assert vpcd.read() == long + b"\x90\x00"
        assert vpcd.read() == b"\x90\x00"


def test_ipv6() -> None:
    try:
        end = Vpcd("::1")
    except OSError:  # this machine has no IPv6 loopback: that is told, as any other refusal
        with pytest.raises(LinkRefused), LinkThread(EchoCard(), "::1", 35963):
            pass
        return
    with LinkThread(EchoCard(), "::1", end.port):
        end.accept()
        end.card.sendall(b"\x00\x01\x04")
        assert end.read() == ATR
    end.close()


def test_close_unblocks_at_once(vpcd: Vpcd) -> None:
    link = CardLink(EchoCard(), vpcd.host, vpcd.port)
    thread = threading.Thread(target=link.serve)
    thread.start()
    vpcd.accept()
    link.close()
    thread.join(LIMIT_S)
    assert not thread.is_alive()
    assert vpcd.read() == b""  # vpcd sees a hang-up, at a frame border
    link.close()


def test_card_that_raises_leaves_at_a_frame_border(vpcd: Vpcd) -> None:
    ended = threading.Event()
    link = LinkThread(RaisingCard(), vpcd.host, vpcd.port, on_end=ended.set)
    link.start()
    vpcd.accept()
    vpcd.card.sendall(b"\x00\x04\x00\xa4\x04\x00")
    assert vpcd.read() == b""
    assert ended.wait(LIMIT_S)
    assert isinstance(link.failure, CardFailed)
    assert isinstance(link.failure.__cause__, ZeroDivisionError)
    link.close()


def test_answer_too_long_for_a_frame_is_the_cards_failure(vpcd: Vpcd) -> None:
    class Endless(EchoCard):
        def transmit(self, apdu: bytes, /) -> bytes:
            return bytes(70_000)

    link = LinkThread(Endless(), vpcd.host, vpcd.port)
    link.start()
    vpcd.accept()
    vpcd.card.sendall(b"\x00\x04\x00\xa4\x04\x00")
    assert vpcd.read() == b""
    link.close()
    assert isinstance(link.failure, CardFailed)


def test_refused(vpcd: Vpcd) -> None:
    vpcd.listener.close()
    with pytest.raises(LinkRefused) as refused:
        CardLink(EchoCard(), vpcd.host, vpcd.port).serve()
    assert str(vpcd.port) in refused.value.message.en and str(vpcd.port) in refused.value.message.th


def test_reconnects_when_vpcd_comes_back(vpcd: Vpcd) -> None:
    states: list[LinkState] = []
    waiting = threading.Event()

    def note(state: LinkState) -> None:
        states.append(state)
        if state is LinkState.WAITING:
            waiting.set()

    link = CardLink(EchoCard(), vpcd.host, vpcd.port, on_change=note)
    thread = threading.Thread(target=link.serve_reconnecting)
    thread.start()
    vpcd.accept()
    vpcd.card.sendall(b"\x00\x01\x04")
    assert vpcd.read() == ATR
    vpcd.close()
    assert waiting.wait(LIMIT_S)
    again = Vpcd(port=vpcd.port)
    again.accept()
    again.card.sendall(b"\x00\x01\x04")
    assert again.read() == ATR
    link.close()
    thread.join(LIMIT_S)
    assert not thread.is_alive()
    assert states.count(LinkState.CONNECTED) == 2 and states[-1] is LinkState.CLOSED
    again.close()


def test_close_ends_the_pause_between_tries(vpcd: Vpcd) -> None:
    vpcd.close()
    waiting = threading.Event()
    link = CardLink(
        EchoCard(),
        vpcd.host,
        vpcd.port,
        on_change=lambda s: waiting.set() if s is LinkState.WAITING else None,
    )
    thread = threading.Thread(target=link.serve_reconnecting)
    thread.start()
    assert waiting.wait(LIMIT_S)
    link.close()
    thread.join(LIMIT_S)
    assert not thread.is_alive()


def test_wire_vectors() -> None:
    assert frame(b"") == b"\x00\x00"
    assert frame(b"\x04") == b"\x00\x01\x04"
    assert frame(bytes(258))[:2] == b"\x01\x02"
    assert {payload: int(control) for payload, control in CONTROLS.items()} == {
        b"\x00": 0,
        b"\x01": 1,
        b"\x02": 2,
        b"\x04": 4,
    }
    with pytest.raises(SpecError):
        frame(bytes(65_536))


@given(st.lists(st.binary(max_size=300), max_size=6), st.data())
def test_flattened_codec_equals_the_declaration(payloads: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(FRAME.build(payload) for payload in payloads)
    assert stream == b"".join(frame(payload) for payload in payloads)
    received, taken = bytearray(), []
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        received += stream[:cut]
        stream = stream[cut:]
        while (payload := take_frame(received)) is not None:
            taken.append(payload)
    assert taken == payloads and not received
