"""Text from a reader, a card or an operator, made harmless to lay out.

Escaping for HTML is the template engine's work. What is left are characters that no markup may hold (control characters,
half surrogates) and those that turn the text around them (bidirectional controls): a reader could name itself so that a
page reads otherwise than it was written.
"""

from __future__ import annotations

import unicodedata

_JOINERS = "\u200b\u200c\u200d"  # Thai text has zero-width spaces between words
_REPLACED = {"Cc", "Cf", "Cs", "Co", "Cn"}


def harmless(text: object) -> str:
    """``text`` with every such character shown as U+FFFD; line breaks become spaces."""
    return "".join(_harmless(each) for each in str(text))


def _harmless(character: str) -> str:
    if character in "\t\n\r":
        return " "
    if character in _JOINERS or unicodedata.category(character) not in _REPLACED:
        return character
    return "\N{REPLACEMENT CHARACTER}"


def css_string(text: str) -> str:
    """``text`` as a quoted string of a style sheet; everything but ASCII letters and digits is an escape there."""
    plain = (each if each.isascii() and each.isalnum() else f"\\{ord(each):06X}" for each in harmless(text))
    return '"' + "".join(plain) + '"'
