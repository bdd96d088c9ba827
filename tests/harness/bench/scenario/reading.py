"""A scenario file as an editor with YAML 1.2's rules reads it, for the schema."""

from __future__ import annotations

import re
from typing import Any

import yaml


class _Core(yaml.SafeLoader):
    """YAML 1.2's core schema where it matters here: 0123 is no octal number, yes and no are words."""


_Core.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("tag:yaml.org,2002:bool", r"^(?:true|false)$", "tf"),
    ("tag:yaml.org,2002:null", r"^(?:~|null|)$", ["~", "n", ""]),
    ("tag:yaml.org,2002:int", r"^-?[0-9]+$", list("-0123456789")),
):
    _Core.add_implicit_resolver(_tag, re.compile(_pattern), list(_first))


def as_plain_yaml(text: str) -> Any:
    """The values in ``text``."""
    return yaml.load(text, Loader=_Core)
