"""Our card in vsmartcard's own Python framework, as people host it who run ``vicc`` already."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from apdu_specs.generations import FAMILY_3B67
from emulator.card.card_file import open_card
from emulator.card.issue import card_from_seed, card_in_file, card_in_memory
from emulator.vicc import CardOS, main
from harness.client import CardClient
from harness.errors import WrongPin
from harness.stack import Stack
from harness.terminals import scard
from harness.terminals.pcsc import PcscTerminal
from tests.third_party.conftest import INSTALLED, ROOT, file
from tests.third_party.expected import CITIZEN_ID, SEED

LIMIT_S = 60.0


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack() as running:
        running.use_in_this_process()
        yield running


@pytest.fixture
def environment() -> dict[str, str]:
    """Where Debian hides the framework, and where what it needs is."""
    places = sorted(Path("/usr/lib/python3").glob("*-packages/virtualsmartcard"))
    framework = str(places[0]) if places else file(Path("virtualsmartcard"), "vsmartcard-vpicc")
    # Where Debian puts the package beside the others, its parent is what Python has to look into.
    folder = framework if Path(framework, "virtualsmartcard").is_dir() else str(Path(framework).parent)
    needed = file(INSTALLED / "vicc" / "Crypto", "PyPI's pycryptodome")
    return {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), folder, str(Path(needed).parent)))}


def appears(reader: str) -> None:
    """Returns when ``reader`` has a card; raises scard.Code(TIMEOUT) when none comes."""
    context = scard.establish()
    try:
        status = scard.wait(context, [(reader, 0)], 0)[0]
        while not status.present:
            status = scard.wait(context, [(reader, status.state)], LIMIT_S)[0]
    finally:
        scard.release(context)


@pytest.mark.pcsc
def test_a_card_file_hosted_by_vicc(stack: Stack, environment: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "a.card"
    card_in_file(path, card_from_seed(SEED), pin="2468")
    command = [sys.executable, "-m", "emulator.vicc", "--card", str(path), "-H", "127.0.0.1", "-P"]
    with subprocess.Popen(
        [*command, str(stack.ports[0])],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as vicc:
        try:
            appears(stack.reader_names[0])
            with PcscTerminal(stack.reader_names[0]) as terminal:
                client = CardClient(terminal)
                assert client.citizen_id() == CITIZEN_ID
                with pytest.raises(WrongPin):
                    client.verify_pin("0000")
                terminal.reset()
                client.forget()
                assert client.tries_left() == 2
        finally:
            vicc.terminate()
            said = vicc.communicate(timeout=LIMIT_S)
    assert said == ("", ""), "answers must not be logged"
    card = open_card(path)
    assert card.failures == 1
    card.close()


def test_the_five_methods() -> None:
    card = card_in_memory(card_from_seed(SEED, generation=FAMILY_3B67))
    os_ = CardOS(card)
    assert os_.getATR() == bytes.fromhex("3B6700005448204E494420")
    os_.powerUp()
    assert os_.execute(bytearray.fromhex("00A4040008A000000054480001")) == b"\x61\x0a"
    os_.reset()
    assert os_.execute(bytes.fromhex("80B0000402000D")) == b"\x69\x85"
    os_.powerDown()


def test_without_the_framework_it_says_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "virtualsmartcard", None)
    path = tmp_path / "a.card"
    card_in_file(path, card_from_seed(SEED))
    assert main(["--card", str(path), "-P", "1"]) == 3
    assert "vsmartcard-vpicc" in capsys.readouterr().err
