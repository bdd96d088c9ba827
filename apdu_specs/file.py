"""A file on the card: contiguous fields, each with its format, meaning, source and test vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from construct import Construct, ConstructError, Struct

from apdu_specs.errors import SpecError
from apdu_specs.language import Text
from apdu_specs.provenance import Provenance


@dataclass(frozen=True, eq=False, repr=False)
class Field:
    """One field: ``format`` is a fixed-size construct, ``meaning`` its label, ``note`` what else a reader must know.

    ``personal`` fields are redacted in traces.

    ``vectors`` are pairs of (bytes as hex, value) that must parse and build into each other.
    """

    name: str
    format: Construct
    meaning: Text
    provenance: Provenance
    note: str = ""
    personal: bool = True
    vectors: tuple[tuple[str, Any], ...] = ()

    def __repr__(self) -> str:
        return f"<Field {self.name}>"

    @cached_property
    def length(self) -> int:
        """Length in bytes."""
        return int(self.format.sizeof())

    def parse(self, raw: bytes) -> Any:
        """The value of the field's bytes; SpecError says which field does not hold what it should."""
        try:
            return self.format.parse(raw)
        except (ConstructError, ValueError) as error:
            raise SpecError(f"field {self.name}: {_last_line(error)}") from error

    def build(self, value: Any) -> bytes:
        """The field's bytes for ``value``; SpecError if it does not fit."""
        try:
            return bytes(self.format.build(value))
        except (ConstructError, ValueError, AttributeError, TypeError) as error:
            raise SpecError(f"field {self.name}: {_last_line(error)}") from error


def _last_line(error: Exception) -> str:
    return str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__


@dataclass(frozen=True, eq=False, repr=False)
class File:
    """Fields one after another. Offsets follow from the lengths, so they can neither overlap nor leave a gap."""

    name: str
    fields: tuple[Field, ...]
    provenance: Provenance
    _by_name: dict[str, tuple[int, Field]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __repr__(self) -> str:
        return f"<File {self.name}>"

    def __post_init__(self) -> None:
        offset = 0
        for each in self.fields:
            self._by_name[each.name] = (offset, each)
            offset += each.length

    @cached_property
    def struct(self) -> Construct:
        """The whole file as one construct."""
        return Struct(*(each.name / each.format for each in self.fields))

    @cached_property
    def length(self) -> int:
        """Length in bytes."""
        return sum(each.length for each in self.fields)

    def offset(self, name: str) -> int:
        """Where field ``name`` starts, in bytes."""
        return self._by_name[name][0]

    def field(self, name: str) -> Field:
        """The field of that name."""
        return self._by_name[name][1]

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def parse(self, image: bytes) -> dict[str, Any]:
        """Field name -> value of a whole image; SpecError if it is shorter than the file or a field is wrong."""
        if len(image) < self.length:
            raise SpecError(f"file {self.name} has {self.length} bytes, got {len(image)}")
        return {
            name: each.parse(image[offset : offset + each.length])
            for name, (offset, each) in self._by_name.items()
        }

    def build(self, values: Mapping[str, Any]) -> bytes:
        """The image for ``values`` (all fields named); SpecError if one is missing or does not fit."""
        missing = [each.name for each in self.fields if each.name not in values]
        if missing:
            raise SpecError(f"file {self.name} lacks {', '.join(missing)}")
        return b"".join(each.build(values[each.name]) for each in self.fields)
