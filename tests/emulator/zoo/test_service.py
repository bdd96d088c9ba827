"""Faults between programs and pcscd, and the habits of ``thnid run``."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from emulator.zoo.service import Mixer, shared_instead
from tests.harness.cli.program import in_shell, thnid

CONNECT, RECONNECT, TRANSMIT = 4, 5, 9

EXCLUSIVE = """
from harness.terminals import scard
from harness.terminals.scard import *
import os
def opened(share):
    context = scard.establish()
    return scard.connect(context, os.environ["THNID_READER"], share, Protocol.T0_OR_T1)[0]
first = opened(Share.EXCLUSIVE)
try:
    print("second got in", opened(Share.SHARED) != first)
except Code as refused:
    print(hex(refused.value))
"""

MIXED = """
from harness.terminals import scard
from harness.terminals.scard import *
import os
def program():
    context = scard.establish()
    return scard.connect(context, os.environ["THNID_READER"], Share.SHARED, Protocol.T0_OR_T1)
(first, protocol), (second, _) = program(), program()
say = lambda handle, apdu: scard.transmit(handle, scard.pci(protocol), bytes.fromhex(apdu)).hex()
print(say(first, "90EC000003"), say(second, "90EC0000"), say(first, "90EC000003"), say(second, "90EC0000"))
"""


def test_nobody_is_alone() -> None:
    connect = struct.pack("=I128sIIiII", 7, b"Reader", 1, 3, 0, 0, 0)
    assert shared_instead(CONNECT, connect) == struct.pack("=I128sIIiII", 7, b"Reader", 2, 3, 0, 0, 0)
    assert shared_instead(RECONNECT, struct.pack("=iIIIII", 9, 1, 3, 0, 0, 0))[4:8] == struct.pack("=I", 2)
    direct = struct.pack("=iIIIII", 9, 3, 3, 0, 0, 0)
    assert shared_instead(RECONNECT, direct) == direct
    assert shared_instead(TRANSMIT, connect) == connect


def test_answers_are_mixed_between_programs_only() -> None:
    mixer = Mixer(2)
    first, second = object(), object()
    assert [mixer.mixed(first, b"a"), mixer.mixed(first, b"b")] == [b"a", b"b"]
    assert [mixer.mixed(second, b"c"), mixer.mixed(second, b"d")] == [b"c", b"b"]
    assert [mixer.mixed(first, b"e"), mixer.mixed(first, b"f")] == [b"e", b"d"]


@pytest.mark.pcsc
def test_exclusive_is_ignored(tmp_path: Path) -> None:
    script = f"python - <<'END'\n{EXCLUSIVE}\nEND"
    assert in_shell(script, "--test-card", cwd=tmp_path).stdout == "0x8010000b\n"
    assert (
        in_shell(script, "--test-card", "--fault", "ignores-exclusive", cwd=tmp_path).stdout
        == "second got in True\n"
    )


@pytest.mark.pcsc
def test_two_programs_answers_are_mixed(tmp_path: Path) -> None:
    script = f"python - <<'END'\n{MIXED}\nEND"
    done = in_shell(script, "--test-card", "--fault", "mixed-answers=3", cwd=tmp_path)
    assert done.stdout == "0001029000 9000 9000 9000\n"


@pytest.mark.pcsc
def test_a_reader_keeps_its_fault_and_a_card_takes_it_along(tmp_path: Path) -> None:
    script = "for turn in 1 2; do thnid read --json >/dev/null; echo $?; thnid card remove; thnid card insert; done"
    numbers = [
        line for line in in_shell(script, "--fault", "drops=5", cwd=tmp_path).stdout.split() if line.isdigit()
    ]
    assert numbers == ["1", "1"]
    numbers = [
        line
        for line in in_shell(script, "--fault", "removed=5", cwd=tmp_path).stdout.split()
        if line.isdigit()
    ]
    assert numbers == ["1", "0"]


@pytest.mark.pcsc
def test_faults_and_timing_together() -> None:
    done = thnid(
        "run",
        "--timing",
        "usb-ccid-fast",
        "--fault",
        "fetches",
        "--fault-seed",
        "3",
        "--",
        "thnid",
        "readers",
    )
    assert done.returncode == 0 and "Virtual PCD" in done.stdout
