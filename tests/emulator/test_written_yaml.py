"""What a person wrote is nodes or texts, or is no YAML and in which line; nothing else ever comes out."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from emulator.written_yaml import NotUtf8, NotYaml, as_text, composed

NOT_EVEN_NODES = [
    (rb'a: "\UFFFFFFFF"', 1),
    (b"%YAML 1.x\n---\na: b", 1),
    (b"[" * 3000, 1),
    (b"a: b\nc: [", 2),
    (b"a: b\nc: \x00", 2),
]


@pytest.mark.parametrize(("raw", "line"), NOT_EVEN_NODES)
def test_no_yaml(raw: bytes, line: int) -> None:
    for read in (composed, as_text):
        with pytest.raises(NotYaml) as caught:
            read(raw)
        assert caught.value.line == line


def test_no_utf_8() -> None:
    with pytest.raises(NotUtf8) as caught:
        composed("ก: 1\nข: 2\n".encode() + b"\xff")
    assert caught.value.line == 3


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: !!bool x", {"a": "x"}),
        ('a: !!int ""', {"a": ""}),
        ("a: !!timestamp x", {"a": "x"}),
        ("a: 081", {"a": "081"}),
        ("a: [yes, ~, 1.5]\nb:", {"a": ["yes", "~", "1.5"], "b": ""}),
        ("!!python/object/apply:os.system [x]", ["x"]),
        ("- &one [x]\n- *one", [["x"], ["x"]]),
        ("\ufeffa: ก", {"a": "ก"}),
        ("# nothing\n", None),
    ],
)
def test_every_value_stays_as_it_was_written(text: str, found: Any) -> None:
    assert as_text(text.encode()) == found


@pytest.mark.parametrize("text", ["&a [*a]", "? [a]\n: b", "&a {b: *a}"])
def test_what_is_no_text(text: str) -> None:
    with pytest.raises(NotYaml):
        as_text(text.encode())


def test_a_key_that_is_there_twice_is_named() -> None:
    with pytest.raises(NotYaml) as caught:
        as_text(b"a: 1\nb:\n- {c: 1,\n   c: 2}\n")
    assert (caught.value.line, caught.value.why.en, caught.value.why.th) == (4, "c is there twice", "c ซ้ำกัน")


TEXTS = st.text("abกข 0:#-[]{}!&*'\"\\\n", max_size=20)


@given(st.recursive(TEXTS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=8))
def test_whatever_is_dumped_comes_back(value: Any) -> None:
    assert as_text(yaml.safe_dump(value, allow_unicode=True).encode()) == value


@given(st.binary(max_size=60) | TEXTS.map(str.encode))
def test_any_bytes_are_read_or_are_no_yaml(raw: bytes) -> None:
    for read in (composed, as_text):
        try:
            read(raw)
        except NotYaml as error:
            assert error.line >= 1
