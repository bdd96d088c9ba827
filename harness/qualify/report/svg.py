"""A matplotlib figure as an ``<svg>`` element that can stand inside a page with a strict content security policy.

matplotlib writes a document of its own: style attributes, a style sheet that would reach the whole page, identifiers that
clash with the next figure's. Here style becomes attributes, identifiers get a prefix, and the page chooses the font.
"""

from __future__ import annotations

import io
import re
import warnings
import xml.etree.ElementTree as tree
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_FONT_SIZE = re.compile(r"([0-9.]+)px")
_DROPPED = {"metadata", "style", "title"}


def inline_svg(figure: Figure, prefix: str) -> str:
    """The element. ``prefix`` must be unique on the page; the same figure gives the same text every time."""
    from matplotlib import rc_context

    written = io.BytesIO()
    # Text stays text: it is searched, copied, and shown in the page's font.
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": prefix}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # matplotlib's own font draws none of it
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    root = tree.fromstring(written.getvalue())
    _strip(root)
    used = {name for element in root.iter() for name in _references(element)}
    for element in root.iter():
        _tidy(element, prefix, used)
    root.attrib = {"viewBox": root.attrib["viewBox"], "aria-hidden": "true", "focusable": "false"}
    return tree.tostring(root, encoding="unicode")


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _strip(parent: tree.Element) -> None:
    parent.tag = _local(parent.tag)
    for child in list(parent):
        if _local(child.tag) in _DROPPED:
            parent.remove(child)
        else:
            _strip(child)


def _references(element: tree.Element) -> list[str]:
    found = [name for value in element.attrib.values() for name in _REFERENCE.findall(value)]
    return found + [
        value[1:]
        for name, value in element.attrib.items()
        if _local(name) == "href" and value.startswith("#")
    ]


def _tidy(element: tree.Element, prefix: str, used: set[str]) -> None:
    attributes = {_local(name): value for name, value in element.attrib.items()}
    for declaration in attributes.pop("style", "").split(";"):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        if name == "font":
            size = _FONT_SIZE.search(value)
            attributes["font-size"] = size[1] if size else "10"
        elif name:
            attributes[name] = value
    identifier = attributes.pop("id", None)
    if identifier in used:
        attributes["id"] = f"{prefix}-{identifier}"
    for name, value in attributes.items():
        if name == "href":
            attributes[name] = f"#{prefix}-{value[1:]}"
        else:
            attributes[name] = _REFERENCE.sub(rf"url(#{prefix}-\1)", value)
    element.attrib = attributes
