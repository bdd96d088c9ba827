"""Every fault says all of itself; names and numbers on the command line; the page is fresh."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from emulator.test_card import TestCard
from emulator.zoo import FAULTS, Fault, Place, UnknownFault, apply_faults, choose, list_faults
from emulator.zoo.page import page
from tests.harness.cli.program import thnid

PAGE = Path(__file__).resolve().parents[3] / "docs" / "faults.md"
THAI = re.compile("[ก-๙]")


def test_there_are_many_and_the_old_names_are_there() -> None:
    assert len(FAULTS) >= 22
    assert {"silent", "removed", "slow", "truncate"} <= set(FAULTS)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
def test_complete(fault: Fault) -> None:
    assert re.fullmatch("[a-z0-9-]+", fault.name)
    texts = [fault.meaning, fault.family.value]
    texts += [fault.argument.meaning] if fault.argument else []
    texts += [fault.note] if fault.note else []
    for text in texts:
        assert text.en and THAI.search(text.th) and text.en.strip(" .") == text.en.rstrip(".")
    assert fault.caught_by and all(re.fullmatch(r"[A-Z]{2,3}-\d+", each) for each in fault.caught_by)
    assert (fault.layer is None) == (fault.place is Place.SERVICE)
    if fault.argument:
        assert fault.argument.least <= fault.default
        assert choose([fault.name])[0].argument == fault.default
    assert [each.fault.name for each in choose([fault.written])] == [fault.name]


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "",
        "slow=-1",
        "slow=1000000",
        "slow=x",
        "slow=",
        "slow=๑",
        "fetches=1",
        "stale=0",
        "buffer=1",
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(UnknownFault) as refused:
        apply_faults(TestCard(), [text])
    assert refused.value.exit_status == 2
    assert THAI.search(refused.value.message.th) and THAI.search(refused.value.what_to_do.th)


def test_the_list_names_every_fault() -> None:
    for language in ("en", "th"):
        lines: list[str] = []
        list_faults(lines.append, language)
        assert [line.split()[0].partition("=")[0] for line in lines] == list(FAULTS)
    told = thnid("run", "--fault", "list")
    assert told.returncode == 0 and len(told.stdout.splitlines()) == len(FAULTS)


def test_the_page_in_docs_is_fresh() -> None:
    assert page() == PAGE.read_text("utf-8"), "stale: run 'python -m emulator.zoo > docs/faults.md'"
