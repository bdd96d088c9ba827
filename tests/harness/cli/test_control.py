"""The control socket of ``thnid run`` and ``thnid serve``: whoever asks nonsense gets no answer, and the next one does."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.card.issue import card_from_seed, card_in_memory
from harness.bench import Bench
from harness.cli.control import ControlServer, NotInTheReader, Told, ask
from harness.stack import Stack
from tests.harness.cli.program import LIMIT_S

NONSENSE = [
    b"",
    b"nonsense",
    b"\xff\xfe",
    60_000 * b"[",
    b"[]",
    b"null",
    b'"show"',
    b'{"do": []}',
    b'{"do": {"show": 1}}',
    b'{"do": 1}',
    b'{"do": "show", "card": 5}',
    b'{"do": "show", "card": "\\u0000"}',
    b'{"do": "insert", "card": 5}',
    b'{"do": "insert", "card": ["a"]}',
    b'{"reader": {"a": 1}}',
    b'{"reader": "1", "do": "remove"}',
    b'{"reader": 1e999, "do": "remove"}',
    b'{"reader": true, "do": "insert", "card": 5}',
    b'{"do": "connect", "odd": 5}',
    b'{"do": "connect", "odd": "none such"}',
    b'{"do": "set"}',
    b'{"do": "set", "failures": "x"}',
    b'{"do": "set", "failures": 1.5}',
    b'{"do": "set", "failures": true}',
    b'{"do": "set", "failures": [1]}',
    b'{"do": "set", "state": 5}',
    b'{"do": "set", "state": "happy"}',
    b'{"do": "restore", "from": 5}',
    b'{"do": "restore", "to": {}}',
    b'{"do": "snapshot", "as": []}',
]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A card in memory in the reader of a process that is asked."""
    card = card_in_memory(card_from_seed(7))
    with Stack() as stack, Bench(stack) as bench:
        bench.insert(card)
        with ControlServer(bench, tmp_path_factory.mktemp("control"), card, None) as server:
            yield server.path


@pytest.fixture(autouse=True)
def asked(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THNID_CONTROL", path)


def answer_to(path: str, message: bytes) -> bytes:
    """All that comes back."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(LIMIT_S)
        connection.connect(path)
        connection.sendall(message)
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as whole:
            return whole.read()


@pytest.mark.pcsc
@pytest.mark.parametrize("message", NONSENSE, ids=lambda message: message[:40].decode("ascii", "replace"))
def test_nonsense_is_not_answered_and_does_no_harm(path: str, message: bytes) -> None:
    before = ask({"do": "show"})
    assert answer_to(path, message) == b""
    assert ask({"do": "show"}) == before


@pytest.mark.pcsc
@pytest.mark.parametrize("failures", [-1, 6, 2**70])
def test_a_number_that_cannot_be_is_refused_with_a_sentence(failures: int) -> None:
    with pytest.raises(Told) as refused:
        ask({"do": "set", "failures": failures})
    assert (refused.value.code, refused.value.exit_status) == ("BadCard", 2)


@pytest.mark.pcsc
def test_what_is_null_was_not_said(path: str) -> None:
    """As programs write it that send every key."""
    told = json.loads(
        answer_to(path, b'{"do": "set", "failures": 2, "state": null, "card": null, "reader": null}')
    )
    assert told["failures"] == 2
    assert ask({"do": "restore", "from": None, "to": None})["failures"] == 0


@pytest.mark.pcsc
def test_another_card_is_named_and_refused() -> None:
    with pytest.raises(Told) as refused:
        ask({"do": "show", "card": str(Path("/nonexistent/a.card"))})
    assert refused.value.code == NotInTheReader.__name__
