"""YAML that a person wrote, as nodes: these know their lines, and a key that is there twice is still there twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apdu_specs.language import Text

if TYPE_CHECKING:
    from yaml.nodes import Node

_LONGEST_SHOWN = 40


class NotYaml(Exception):
    """Bytes that are no such YAML. ``line`` counts from 1; ``reason`` is PyYAML's, in English, "" where it has none."""

    def __init__(self, line: int, reason: str = "", why: Text | None = None) -> None:
        self.line = line
        self.reason = reason
        self.why = why or Text("it is not YAML", "ไม่ใช่ YAML ที่ถูกต้อง")
        super().__init__(self.why.en)


class NotUtf8(NotYaml):
    """Bytes that are no UTF-8 either."""


def composed(raw: bytes) -> Node | None:
    """The root node, its tags as YAML resolves them; None if there is nothing. Raises NotYaml, NotUtf8."""
    import yaml

    text = _text(raw)
    try:
        root: Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = ", ".join(part for part in (error.context, error.problem) if part)
        raise NotYaml(1 if mark is None else mark.line + 1, reason) from None
    except yaml.YAMLError as error:
        position = getattr(error, "position", 0)
        line = text[: position if isinstance(position, int) else 0].count("\n") + 1
        raise NotYaml(line, str(getattr(error, "reason", error))) from None
    except (RecursionError, ValueError, IndexError, OverflowError):
        # PyYAML has a few of its own: too deep nesting, escapes that are no letter, odd version numbers.
        raise NotYaml(1) from None
    return root


def as_text(raw: bytes) -> Any:
    """Mappings, lists and texts, every value as it was written: 081 is a telephone number's start, not a number.

    None if there is nothing. Raises NotYaml, NotUtf8; also for a key that is there twice: the first would be lost without a word.
    """
    from yaml.constructor import BaseConstructor, ConstructorError

    root = composed(raw)
    if root is None:
        return None
    _refuse_repeated_keys(root)
    try:
        return BaseConstructor().construct_document(root)
    except (ConstructorError, RecursionError):  # a list as a key, a list within itself
        raise NotYaml(root.start_mark.line + 1) from None


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotUtf8(raw[: error.start].count(b"\n") + 1) from None


def _refuse_repeated_keys(root: Node) -> None:
    from yaml.nodes import CollectionNode, MappingNode, ScalarNode

    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, CollectionNode) or id(node) in seen:  # an alias is the same node once more
            continue
        seen.add(id(node))
        if not isinstance(node, MappingNode):
            waiting += node.value
            continue
        keys: set[str] = set()
        for key, value in node.value:
            waiting += (key, value)
            if isinstance(key, ScalarNode):
                if key.value in keys:
                    raise _twice(key)
                keys.add(key.value)


def _twice(key: Node) -> NotYaml:
    shown = "".join(letter for letter in key.value[:_LONGEST_SHOWN] if letter.isprintable())
    return NotYaml(key.start_mark.line + 1, why=Text(f"{shown} is there twice", f"{shown} ซ้ำกัน"))
