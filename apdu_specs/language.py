"""Every sentence a person may read exists in English and in Thai, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "th"]


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in both languages. ``str()`` gives the English one."""

    en: str
    th: str

    def say(self, language: Language) -> str:
        """The sentence in ``language``."""
        return self.th if language == "th" else self.en

    def __str__(self) -> str:
        return self.en
