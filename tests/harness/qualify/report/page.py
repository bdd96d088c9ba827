"""A page taken apart: its elements, its text, and what it would load."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Page(HTMLParser):
    """``elements``: tag and attributes in order; ``text``: everything a person may read; ``style``: the sheet."""

    source: str
    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    text: str = ""
    style: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._in_style = False
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._in_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.style += data
        else:
            self.text += data

    @property
    def kinds(self) -> set[tuple[str, str]]:
        """Every tag with each of its attributes' names."""
        return {(tag, name) for tag, attributes in self.elements for name in ("", *attributes)}

    @property
    def words(self) -> str:
        """The text with single blanks."""
        return " ".join(self.text.split())
