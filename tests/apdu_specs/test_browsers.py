"""Who opens a page, and who is a program: by what clients really send."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu_specs import browsers


@pytest.mark.parametrize(
    ("accept", "person"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", True),
        ("text/html, application/xhtml+xml, */*", True),
        ("TEXT/HTML ; q=0.5", True),
        ("text/html;q=0.001", True),
        ("*/*", False),
        ("", False),
        (None, False),
        ("application/json, text/plain, */*", False),
        ("text/xml, multipart/related", False),
        ("text/html;q=0, application/json", False),
        ("application/json, text/html; level=1; q=0.000", False),
        ("text/htmlx, xtext/html", False),
        ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", False),
        ("text/html, image/gif, image/jpeg, */*; q=0.2", False),
    ],
)
def test_who_asks(accept: str | None, person: bool) -> None:
    assert browsers.wants_page(accept) == person


@given(st.text(st.sampled_from("text/html;q=0.19*,application/json image/gif"), max_size=60))
def test_only_who_names_html_is_shown_a_page(accept: str) -> None:
    assert "text/html" in accept or not browsers.wants_page(accept)


def test_the_icon_is_a_picture_that_fetches_nothing() -> None:
    icon = ElementTree.fromstring(browsers.ICON)
    assert icon.tag == "{http://www.w3.org/2000/svg}svg" and icon.get("viewBox") == "0 0 48 48"
    assert b"href" not in browsers.ICON and b"script" not in browsers.ICON


def test_the_method_is_told_apart_from_the_address() -> None:
    assert "asked for in this way" in browsers.not_served(405).en
    assert browsers.not_served(404).th == "ไม่มีหน้านี้"
