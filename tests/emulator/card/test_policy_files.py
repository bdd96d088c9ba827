"""A policy file that is no policy gives one sentence with its line, whatever is in it, and nothing is waited for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from emulator.card.policy_file import policy_called, read_policy
from emulator.errors import BadCard

GOOD = "name: mine\nsuspended_at: 2\nlocked_at: 4\n"
TRIES = ("a whole number from 1 to 15", "จำนวนเต็มตั้งแต่ 1 ถึง 15")
NOT_YAML = ("it is not YAML that can be read", "อ่านเป็น YAML ไม่ได้")
NEVER = "'suspended_counts: nothing'"
NAME = (
    "a text of 1 to 64 printable characters, and none of national, national-wrong-only, iso-3",
    "ข้อความที่แสดงได้ 1 ถึง 64 ตัวอักษร และไม่ใช่ national, national-wrong-only, iso-3",
)


def bad(key: str, written: str, allowed: tuple[str, str]) -> tuple[str, str]:
    en, th = allowed
    return f"{key!r} cannot be {written}; it is {en}", f"{key!r} เป็น {written} ไม่ได้ ต้องเป็น{th}"


MISTAKES: dict[str, tuple[str, int, tuple[str, str]]] = {
    "key twice": (GOOD + "locked_at: 5\n", 4, ("'locked_at' is there twice", "มี 'locked_at' ซ้ำกัน")),
    "key twice, the same": (GOOD + "name: mine\n", 4, ("'name' is there twice", "มี 'name' ซ้ำกัน")),
    "key twice in JSON": ('{"name": "a",\n "name": "b"}', 2, ("'name' is there twice", "มี 'name' ซ้ำกัน")),
    "unknown key": (
        GOOD + "pin_length: 6\n",
        4,
        (
            "there is no key 'pin_length'; there are name, suspended_at, locked_at, suspended_counts, office_tries",
            "ไม่มีคำ 'pin_length' ที่มีคือ name, suspended_at, locked_at, suspended_counts, office_tries",
        ),
    ),
    "key missing": ("# mine\nname: mine\n", 2, ("'suspended_at', 'locked_at' is missing", "ขาด 'suspended_at', 'locked_at'")),
    "no mapping": ("- name\n", 1, ("it is not a mapping", "ไม่ได้อยู่ในรูป คำ: ค่า")),
    "empty": ("", 1, ("it is empty", "แฟ้มว่างเปล่า")),
    "tab": ("name: mine\n\tlocked_at: 5\n", 2, NOT_YAML),
    "deep": ("[" * 3000, 1, NOT_YAML),
    "date": ("name: 2020-13-45\nsuspended_at: 3\nlocked_at: 5", 1, bad("name", "'2020-13-45'", NAME)),
    "huge number": (GOOD.replace("2", "9" * 5000), 2, bad("suspended_at", repr("9" * 40), TRIES)),
    "zero": (GOOD.replace("2", "0"), 2, bad("suspended_at", "'0'", TRIES)),
    "a fraction": (GOOD.replace("2", "2.0"), 2, bad("suspended_at", "'2.0'", TRIES)),
    "quoted": (GOOD.replace("2", "'2'"), 2, bad("suspended_at", "'2'", TRIES)),
    "bool": (GOOD.replace("2", "yes"), 2, bad("suspended_at", "'yes'", TRIES)),
    "Thai digit": (GOOD.replace("2", "๒"), 2, bad("suspended_at", "'๒'", TRIES)),
    "list": (GOOD.replace("2", "[2]"), 2, bad("suspended_at", "[...]", TRIES)),
    "office": (GOOD + "office_tries: 16\n", 4, bad("office_tries", "'16'", TRIES)),
    "counts": (
        GOOD + "suspended_counts: some\n",
        4,
        bad("suspended_counts", "'some'", ("one of every, wrong, nothing", "ค่าใดค่าหนึ่งของ every, wrong, nothing")),
    ),
    "locked first": (
        GOOD.replace("4", "1"),
        3,
        ("'locked_at' is not below 'suspended_at', which is 2", "'locked_at' ต้องไม่น้อยกว่า 'suspended_at' ซึ่งเป็น 2"),
    ),
    "never locked and counting": (
        GOOD.replace("4", "null"),
        3,
        (f"a policy that never locks needs {NEVER}", f"นโยบายที่ไม่ล็อกต้องมี {NEVER}"),
    ),
    "long name": (GOOD.replace("mine", "n" * 300), 1, bad("name", repr("n" * 40), NAME)),
    "shipped name": (GOOD.replace("mine", "national"), 1, bad("name", "'national'", NAME)),
    "empty name": (GOOD.replace("mine", '""'), 1, bad("name", "''", NAME)),
    "blank name": (GOOD.replace("mine", '"  "'), 1, bad("name", "'  '", NAME)),
    "escapes": (GOOD.replace("mine", '"a\\e[31mb"'), 1, bad("name", r"'a\x1b[31mb'", NAME)),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, name: str) -> None:
    text, line, (en, th) = MISTAKES[name]
    path = tmp_path / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadCard) as refused:
        policy_called(str(path))
    assert refused.value.message.en == f"{path}:{line} declares no PIN policy: {en}."
    assert refused.value.message.th == f"{path}:{line} ไม่ใช่นโยบาย PIN ที่ถูกต้อง: {th}"
    assert refused.value.what_to_do.th


def test_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_bytes(b"name: mine\nsuspended_at: \xff\n")
    with pytest.raises(BadCard, match=r"policy\.yaml:2 declares no PIN policy: it is not UTF-8 text"):
        read_policy(path)


def test_all_that_can_be_declared(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(
        '\ufeff{"name": "ของฉัน", "suspended_at": 2, "locked_at": null,\n"suspended_counts": "nothing", "office_tries": 4}'
    )
    policy = policy_called(str(path))
    assert (policy.name, policy.suspended_at, policy.locked_at) == ("ของฉัน", 2, None)
    assert (policy.suspended_counts, policy.office_tries) == ("nothing", 4)


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    with (tmp_path / "huge").open("wb") as huge:
        huge.truncate(100_000_000)
    why = {
        str(tmp_path / "pipe"): "this is a pipe or a device, not a file",
        "/dev/zero": "this is a pipe or a device, not a file",
        str(tmp_path / "folder"): "this is a folder, not a file",
        str(tmp_path / "huge"): "the file is too long: more than 65536 bytes",
    }
    for path, expected in why.items():
        with pytest.raises(BadCard) as refused:
            policy_called(path)
        assert refused.value.message.en == f"{path} declares no PIN policy: {expected}."
        assert refused.value.message.th.isascii() is False


@pytest.mark.parametrize("name", ["nationl", "a\0b", "folder/none", "policy.yaml/none"])
def test_no_such_policy(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.yaml").write_text(GOOD)
    with pytest.raises(BadCard) as refused:
        policy_called(name)
    assert refused.value.message.en == f"There is no PIN policy and no file {name!r}."


KEYS = st.sampled_from(["name", "suspended_at", "locked_at", "suspended_counts", "office_tries"])
VALUES = st.integers(-1, 17) | st.none() | st.sampled_from(["every", "wrong", "nothing", "mine"]) | st.text()


@given(
    st.dictionaries(KEYS, VALUES).map(lambda each: yaml.safe_dump(each, allow_unicode=True).encode())
    | st.binary()
)
@example(GOOD.encode() + b"<<: {locked_at: 9}\n")
@example(b"&a [*a]")
@example(b"*nobody")
@example(b'"\\U00110000"')
@example(b"%YAML 9999999999999.1\n---\na")
def test_any_bytes_are_a_policy_or_one_sentence(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(raw)
    try:
        policy = read_policy(path)
    except BadCard as refused:
        assert refused.message.en.count("\n") == refused.message.th.count("\n") == 0
        assert len(refused.message.en) < 1000
    else:
        assert 1 <= policy.suspended_at <= policy.most_failures <= 15
