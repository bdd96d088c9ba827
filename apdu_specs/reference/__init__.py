"""The reference page, made of the declarations: ``page()`` is all of it, ``find(name)`` one part. No I/O."""

from __future__ import annotations

from apdu_specs.reference.page import Section, find, page, sections

__all__ = ["Section", "find", "page", "sections"]
