"""Mistakes in a scenario file are told with their line, what is wrong, and what is allowed; and nothing else is raised."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from textwrap import dedent

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from apdu_specs.generations import VERSION_0002
from apdu_specs.pin_policy import ISO_THREE_TRIES, PinState
from harness.bench.scenario import Scenario, ScenarioInvalid, load, shipped
from harness.bench.scenario.declared import AFTERWARDS, GIVEN_CARD, GIVEN_OFFICER, STEPS
from harness.bench.scenario.loading import load_bytes
from harness.bench.scenario.schema import scenario_schema
from tests.harness.bench.scenario.reading import as_plain_yaml

HERE = Path("mine.yaml")
HEAD = "scenario: mine\nsteps:\n"


def loaded(text: str, path: Path = HERE) -> Scenario:
    return load_bytes(dedent(text).encode(), path)


def problems(text: str | bytes) -> list[str]:
    raw = text if isinstance(text, bytes) else dedent(text).encode()
    with pytest.raises(ScenarioInvalid) as caught:
        load_bytes(raw, HERE)
    assert caught.value.exit_status == 2
    assert all(each.what.en and each.what.th for each in caught.value.problems)
    return [str(each) for each in caught.value.problems]


def test_all_that_can_be_given() -> None:
    scenario = loaded("""\
        scenario: mine
        about: {en: hello, th: สวัสดี}
        given:
          card: {seed: 7, pin: 0012, failures: 2, generation: "0002", policy: iso-3, holder: no-photo}
          officer: {right: no, level: search, idle days: 61}
        steps:
          - wrong pin: {times: 2, expect: 63C2, state: suspended, failures: 3, tries left: 0}
        """)
    card, officer, step = scenario.card, scenario.officer, scenario.steps[0]
    assert (scenario.name, str(scenario.about), scenario.path) == ("mine", "hello", HERE)
    assert (card.seed, card.pin, card.failures, card.holder) == (7, "0012", 2, "no-photo")
    assert (card.generation, card.policy) == (VERSION_0002, ISO_THREE_TRIES)
    assert (officer.right, officer.level, officer.idle_days) == (False, "search", 61)
    assert (step.kind.name, step.line) == ("wrong pin", 7)
    assert dict(step.values) == {
        "times": 2, "form": "iso", "expect": ("63C2",), "state": PinState.SUSPENDED, "failures": 3, "tries left": 0,
    }  # fmt: skip


def test_little_need_be_given() -> None:
    scenario = loaded(
        "scenario: mine\ngiven:\nsteps: [insert, {insert: }, {insert: old2new}]".replace("old2new", "new")
    )
    assert (scenario.about, scenario.card.pin, scenario.card.failures) == (None, "1234", 0)
    assert (scenario.officer.right, scenario.officer.idle_days) == (True, 0)
    assert [step.values["card"] for step in scenario.steps] == ["new"] * 3


def test_numbers_are_read_as_they_stand() -> None:
    """63E2 is no number, and 0123 is no 83."""
    scenario = loaded(HEAD + "  - pin: {pin: 0123, expect: 6283}\n  - wrong pin: 63E2\n  - wrong pin: 63c2\n")
    assert scenario.steps[0].values["pin"] == "0123"
    assert [step.values["expect"] for step in scenario.steps] == [("6283",), ("63E2",), ("63c2",)]


def test_policy_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "two.yaml").write_text("{name: two, suspended_at: 2, locked_at: 3}")
    text = "scenario: mine\ngiven: {card: {policy: two.yaml, failures: 3}}\nsteps: [insert]"
    assert loaded(text, tmp_path / "mine.yaml").card.policy.locked_at == 3


MISTAKES = {
    "empty file": ("", "1: the file is empty"),
    "comment only": ("# nothing\n", "1: the file is empty"),
    "not a mapping": ("- insert\n", "1: the file is a mapping with: scenario, about, given, steps"),
    "not YAML": ("scenario: a\nsteps: [insert\n", "3: this is not YAML"),
    "not YAML at all": ("scenario: a\nsteps: \x01\n", "2: this is not YAML"),
    "a tab": ("scenario: a\nsteps:\n\t- insert\n", "3: this is not YAML"),
    "two documents": ("scenario: a\nsteps: [insert]\n---\nscenario: b\nsteps: [insert]\n", "3: this is not YAML"),
    "no steps": ("scenario: a\n", "1: the file needs 'steps'"),
    "empty steps": ("scenario: a\nsteps: []\n", "2: 'steps' is a list"),
    "steps no list": ("scenario: a\nsteps: insert\n", "2: 'steps' is a list"),
    "no name": ("steps: [insert]\n", "1: the file needs 'scenario'"),
    "name of two lines": ('scenario: "a\\nb"\nsteps: [insert]\n', "1: 'scenario' cannot be"),
    "unknown key": ("scenario: a\nstep: [insert]\n", "2: there is no key in the file called 'step' (did you mean 'steps'?)"),
    "key twice": ("scenario: a\nsteps: [insert]\nscenario: b\n", "3: 'scenario' is there twice"),
    "key that is a list": ("scenario: a\n? [x]\n: 1\nsteps: [insert]\n", "2: there is no key in the file called 'a list'"),
    "about in one language": ("scenario: a\nabout: {en: x}\nsteps: [insert]\n", "2: 'about' needs 'th'"),
    "about that is no text": ("scenario: a\nabout: {en: [], th: x}\nsteps: [insert]\n", "2: 'en' is a text"),
    "given that is no mapping": ("scenario: a\ngiven: card\nsteps: [insert]\n", "2: 'given' is a mapping with: card, officer"),
    "unknown step": (HEAD + "  - insert\n  - wrong pn: 63C2\n", "4: there is no step called 'wrong pn' (did you mean 'wrong pin'?); there are: insert"),
    "step that is a list": (HEAD + "  - [insert]\n", "3: a step is a name"),
    "two steps in one": (HEAD + "  - insert: new\n    remove: \n", "3: a step is a name"),
    "unknown option": (HEAD + "  - wrong pin: {expct: 63C2}\n", "3: there is no key in the step 'wrong pin' called 'expct' (did you mean 'expect'?)"),
    "underscore for space": (HEAD + "  - login: {at_step: 6}\n", "(did you mean 'at step'?)"),
    "option missing": (HEAD + "  - change pin\n", "3: the step 'change pin' needs 'new'"),
    "option missing beside the bare one": (HEAD + "  - pin: '1234'\n", "3: the step 'pin' takes options: pin, times"),
    "no bare value": (HEAD + "  - remove: x\n", "3: the step 'remove' takes options"),
    "bad status word": (HEAD + "  - right pin: 698\n", "3: 'expect' cannot be '698'; it is ok, refused, a status word such as 63C2"),
    "bad error": (HEAD + "  - login: RightLapse\n", "3: 'expect' cannot be 'RightLapse' (did you mean 'RightLapsed'?)"),
    "bad state": (HEAD + "  - insert: {state: blocked}\n", "3: 'state' cannot be 'blocked' (did you mean 'locked'?); it is one of ready, suspended, locked"),
    "bad number": (HEAD + "  - days pass: -1\n", "3: 'days' cannot be '-1'; it is a whole number from 0 to 100000"),
    "too many days in all": (HEAD + "  - days pass: 99999\n  - insert\n  - days pass: 1\n  - days pass: 1\n", "6: with this step 100001 days pass in all; the most is 100000"),
    "policy that is a device": ("scenario: a\ngiven: {card: {policy: /dev/zero}}\nsteps: [insert]\n", "2: /dev/zero declares no PIN policy: this is a pipe or a device"),
    "policy that is a folder": ("scenario: a\ngiven: {card: {policy: /dev}}\nsteps: [insert]\n", "2: /dev declares no PIN policy: this is a folder"),
    "policy with a long name": (f"scenario: a\ngiven: {{card: {{policy: {'p' * 5000}}}}}\nsteps: [insert]\n", "2: there is no PIN policy called 'pppp"),
    "bad PIN": (HEAD + "  - office renews pin: 12345\n", "3: 'pin' cannot be '12345'; it is 4 digits"),
    "Thai digits": (HEAD + "  - office renews pin: ๑๒๓๔\n", "3: 'pin' cannot be '๑๒๓๔'; it is 4 digits"),
    "list for one": (HEAD + "  - days pass: [1]\n", "3: 'days' cannot be 'a list'"),
    "empty list": (HEAD + "  - wrong pin: []\n", "3: 'expect' has 1 to 100 entries"),
    "bad field": (HEAD + "  - read: {fields: [thai_nam]}\n", "3: 'fields' cannot be 'thai_nam' (did you mean 'thai_name'?)"),
    "answers and times": (HEAD + "  - wrong pin:\n      times: 3\n      expect: [63C2, 63C1]\n", "4: 2 answers are expected of 3 times"),
    "old card too early": (HEAD + "  - insert: old\n  - office replaces card: '5678'\n", "3: there is no old card before"),
    "power cut nowhere": (HEAD + "  - power cut: {during: right pin}\n", "3: say either 'before write' or 'after write'"),
    "power cut twice": (HEAD + "  - power cut: {during: right pin, before write: 1, after write: 1}\n", "3: say either"),
    "power cut without PIN": (HEAD + "  - power cut: {during: change pin, after write: 1}\n", "3: 'pin' is the new PIN of change pin"),
    "other program does nothing": (HEAD + "  - other program\n", "3: what does the other program do?"),
    "other program inserts": (HEAD + "  - other program: insert\n", "3: there is no step called 'insert'"),
    "unknown policy": ("scenario: a\ngiven: {card: {policy: nationl}}\nsteps: [insert]\n", "2: there is no PIN policy called 'nationl' (did you mean 'national'?)"),
    "policy with a NUL": ('scenario: a\ngiven: {card: {policy: "a\\0b"}}\nsteps: [insert]\n', "2: there is no PIN policy"),
    "unknown generation": ("scenario: a\ngiven:\n  card: {generation: TH NID 19}\nsteps: [insert]\n", "3: 'generation' cannot be 'TH NID 19'"),
    "too many failures": ("scenario: a\ngiven:\n  card:\n    policy: iso-3\n    failures: 4\nsteps: [insert]\n", "5: a card with the policy iso-3 can have seen 0 to 3 wrong PINs"),
    "yes or no": ("scenario: a\ngiven: {officer: {right: maybe}}\nsteps: [insert]\n", "2: 'right' cannot be 'maybe'; it is yes or no"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_is_told_with_its_line(name: str) -> None:
    text, expected = MISTAKES[name]
    told = [problem.removeprefix("mine.yaml:") for problem in problems(text)]
    assert any(expected in problem for problem in told), told


BEYOND_THE_SCHEMA = {
    "answers and times", "old card too early", "power cut nowhere", "power cut twice", "power cut without PIN",
    "unknown policy", "policy with a NUL", "policy that is a device", "policy that is a folder", "policy with a long name",
    "too many days in all", "unknown generation", "too many failures", "key twice",
    "key that is a list", "name of two lines",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(set(MISTAKES) - BEYOND_THE_SCHEMA))
def test_the_schema_refuses_it_too(name: str) -> None:
    try:
        document = as_plain_yaml(MISTAKES[name][0])
    except yaml.YAMLError:
        return
    assert not Draft202012Validator(scenario_schema()).is_valid(document)


def test_every_mistake_is_told_in_order_of_lines() -> None:
    told = problems("""\
        scenario: mine
        given: {card: {pin: 12, failures: 99}}
        steps:
          - insrt
          - insert
          - days pass: soon
        """)
    assert [line.split(":")[1] for line in told] == ["2", "2", "4", "6"]


def test_not_utf_8() -> None:
    assert problems(b"scenario: a\nsteps: [\xe0\xff]\n") == [
        "mine.yaml:2: this is not UTF-8 text; save the file as UTF-8"
    ]


def test_byte_order_mark_and_windows_lines() -> None:
    raw = b"\xef\xbb\xbfscenario: mine\r\nsteps:\r\n  - insert\r\n"
    assert load_bytes(raw, HERE).steps[0].line == 3


def test_huge_file(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    path.write_bytes(b"#" * 1_000_001)
    with pytest.raises(ScenarioInvalid, match="too long"):
        load(path)


@pytest.mark.parametrize("name", ["pipe", "/dev/zero", "folder"])
def test_what_is_no_file_is_not_waited_for(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ScenarioInvalid) as caught:
        load(tmp_path / name)
    (problem,) = caught.value.problems
    what = "this is a folder" if name == "folder" else "this is a pipe or a device"
    assert problem.line == 1 and problem.what.en == f"{what}, not a file"
    assert problem.what.th.startswith("เป็น")


def test_thai_and_other_letters_have_a_blank_between_them() -> None:
    with pytest.raises(ScenarioInvalid) as caught:
        loaded("scenario: a\ngiven:\n  card: {policy: nosuch}\nsteps:\n  - nosuch\n")
    for problem in caught.value.problems:
        assert not re.search("[A-Za-z][ก-๛]|[ก-๛][A-Za-z]", problem.what.th)
    assert "ไม่มีนโยบาย PIN ชื่อ 'nosuch'" in caught.value.problems[0].what.th


def test_as_many_days_as_may_pass() -> None:
    assert loaded(HEAD + "  - days pass: 99999\n  - days pass: 1\n").steps[1].values["days"] == 1


def test_reasons_of_yaml_are_not_in_english_for_a_thai_reader() -> None:
    with pytest.raises(ScenarioInvalid) as caught:
        loaded("scenario: a\nsteps:\n\t- insert\n")
    (problem,) = caught.value.problems
    assert not re.search("[a-z]", problem.what.th)


CANNOT_READ = """
import os, sys
from harness.bench.scenario import ScenarioInvalid, load
from pathlib import Path
path = Path(sys.argv[1])
b"x".decode("utf-8-sig")  # Python itself may be where that user cannot look for it
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    load(path)
except ScenarioInvalid as invalid:
    print(*invalid.problems)
"""


def test_policy_file_that_may_not_be_read() -> None:
    """As root rights do not matter, so another user tries, in a folder that everybody may enter."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "mine.yaml").write_text("scenario: a\ngiven: {card: {policy: p.yaml}}\nsteps: [insert]\n")
        (folder / "p.yaml").write_text("{name: two, suspended_at: 2, locked_at: 3}")
        (folder / "p.yaml").chmod(0)
        done = subprocess.run(
            [sys.executable, "-c", CANNOT_READ, folder / "mine.yaml"],
            cwd=Path(__file__).parents[4],
            capture_output=True,
            text=True,
            check=True,
        )
        policy = folder / "p.yaml"
        assert done.stdout == f"{folder / 'mine.yaml'}:2: {policy} cannot be read: Permission denied\n"


def test_messages_cannot_send_escape_sequences() -> None:
    (problem,) = problems(HEAD + '  - "\\e[31mred"\n')
    assert "\x1b" not in problem


def test_policy_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("{name: bad}")
    with pytest.raises(ScenarioInvalid, match="declares no PIN policy") as caught:
        loaded("scenario: a\ngiven: {card: {policy: bad.yaml}}\nsteps: [insert]", tmp_path / "mine.yaml")
    assert caught.value.problems[0].line == 2


# --- whatever the file holds, it is a scenario or ScenarioInvalid ----------------------------------------------------

OPTIONS = {name for kind in STEPS.values() for name in kind.options}
KEYS = {"scenario", "about", "given", "card", "officer", "steps", "en", "th"}
VALUES = {"ok", "63C2", "module", "right", "wrong", "old", "new", "1", "4321"}
WORDS = st.sampled_from(sorted({*STEPS, *AFTERWARDS, *GIVEN_CARD, *GIVEN_OFFICER, *OPTIONS, *KEYS, *VALUES}))
SCALARS = (
    WORDS | st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates() | st.binary()
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(), inner, max_size=4),
    max_leaves=25,
)


def is_loaded_or_told(raw: bytes) -> None:
    try:
        load_bytes(raw, HERE)
    except ScenarioInvalid as invalid:
        assert invalid.problems
        assert all(1 <= each.line <= raw.count(b"\n") + raw.count(b"\r") + 2 for each in invalid.problems)


@given(TREES)
def test_any_tree(tree: object) -> None:
    is_loaded_or_told(yaml.safe_dump(tree, allow_unicode=True).encode("utf-8", "replace"))


@given(st.lists(TREES, max_size=3), st.dictionaries(st.sampled_from(["card", "officer", "x"]), TREES))
def test_any_steps_and_anything_given(steps: list[object], given_: dict[str, object]) -> None:
    document = {"scenario": "mine", "given": given_, "steps": steps}
    is_loaded_or_told(yaml.safe_dump(document, allow_unicode=True).encode("utf-8", "replace"))


@given(st.sampled_from(sorted(STEPS)), st.dictionaries(WORDS, TREES, max_size=4))
def test_any_options(name: str, options: dict[str, object]) -> None:
    is_loaded_or_told(yaml.safe_dump({"scenario": "mine", "steps": [{name: options}]}).encode())


@given(st.binary(max_size=200))
@example(b"[" * 2000)
@example(b"- " * 3000)
@example(b"&a [*a]")
@example(b"scenario: s\nsteps: &a\n  - other program: *a\n")
@example(b"scenario: s\nsteps:\n  - &a {wrong pin: &b {expect: *b}}\n")
@example(b'"\\U00110000"')
@example(b'"\\xZZ"')
@example(b"%YAML 9999999999999.1\n---\na")
@example(b"%TAG ! !\n%TAG ! !\n---\n!x y")
@example(b"*nobody")
@example(b"\xff\xfe\x00")
@example(b"?")
@example(b"<<: [a]\n")
def test_any_bytes(raw: bytes) -> None:
    is_loaded_or_told(raw)


@given(st.sampled_from(sorted(shipped().values())), st.data())
def test_any_damage_to_a_shipped_file(path: Path, data: st.DataObject) -> None:
    text = path.read_text("utf-8")
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    is_loaded_or_told((text[:start] + data.draw(st.text(max_size=8)) + text[end:]).encode("utf-8", "replace"))
