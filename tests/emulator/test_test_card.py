"""The test card: its answers, and through a reader."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulator.link import Late, NoAnswer
from emulator.test_card import ATR, TestCard
from tests.harness.cli.program import in_shell, thnid

SELECT = bytes.fromhex("00A4040009F05448 4E4944545354")


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("90EC0000", "9000"),
        ("90EC000003", "0001029000"),
        ("90EC0000020001", "9000"),
        ("90EC0000020002", "6A80"),
        ("90EC000003AABBCC02", "AABB9000"),
        ("90EC00000000020001", "9000"),
        ("90EE6A82", "6A82"),
        ("90EE628202", "00016282"),
        ("90EE6000", "6A86"),
        ("90EC0000000003", "0001029000"),
        ("00A4040009F054484E4944545354", "840AF0".replace("0A", "09") + "54484E49445453549000"),
        ("00A4040008A000000054480001", "6A82"),
        ("00B00000", "6D00"),
        ("A0B00000", "6E00"),
        ("90", "6700"),
        ("", "6700"),
    ],
)
def test_answers(command: str, answer: str) -> None:
    assert TestCard().transmit(bytes.fromhex(command)).hex().upper() == answer


def test_long_answers_as_long_as_the_link_carries() -> None:
    longest = TestCard().transmit(bytes.fromhex("90EC000000FFFD"))
    assert len(longest) == 65535 and longest[254:258] == b"\xfe\xff\x00\x01"
    assert TestCard().transmit(bytes.fromhex("90EC000000FFFE")) == b"\x67\x00"


def test_waits_and_silence() -> None:
    with pytest.raises(Late) as late:
        TestCard().transmit(bytes.fromhex("90EC000301"))
    assert (late.value.answer, late.value.seconds) == (b"\x00\x90\x00", 0.03)
    with pytest.raises(NoAnswer):
        TestCard().transmit(bytes.fromhex("90ECFFFF"))


@pytest.mark.pcsc
def test_in_a_reader(tmp_path: Path) -> None:
    script = "thnid readers --json; thnid card remove; thnid card insert; thnid card show; echo $? ${THNID_PIN-none}"
    done = in_shell(script, "--test-card", cwd=tmp_path)
    lines = done.stdout.splitlines()
    assert ATR.hex() in lines[0].lower().replace(" ", "")
    assert lines[-1].split()[1] == "none" and lines[-1].split()[0] != "0"
    refused = thnid("run", "--test-card", "--pin", "1234", "--", "true")
    assert refused.returncode == 2 and "--test-card" in refused.stderr
