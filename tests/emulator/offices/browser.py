"""A browser without a screen: keeps cookies, sends the forms of the page that it last saw."""

from __future__ import annotations

from html.parser import HTMLParser

import httpx


class Page(HTMLParser):
    """What a test asks of a page: its token, labels, fields and ids."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.csrf = ""
        self.ids: set[str] = set()
        self.labelled: set[str] = set()
        self.named: dict[str, str] = {}
        """id -> name of every field that a person fills in."""
        self.links: list[str] = []
        self.scripts = 0
        self.text = html
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if "id" in told:
            assert told["id"] not in self.ids, f"two elements are {told['id']}"
            self.ids.add(told["id"])
        if told.get("name") == "csrf":
            self.csrf = told["value"]
        elif tag in ("input", "select", "textarea") and told.get("type") != "hidden":
            self.named[told["id"]] = told["name"]
        if tag == "label":
            self.labelled.add(told["for"])
        if tag == "a":
            self.links.append(told["href"])
        assert "style" not in told and not any(name.startswith("on") for name in told), told
        self.scripts += tag in ("script", "style")


class Browser:
    """Visits the pages at an address."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.Client(base_url=url, trust_env=False)
        self.page = Page("")

    def get(self, path: str) -> httpx.Response:
        """Open a page; what it shows is kept for ``send``."""
        return self._seen(self.http.get(path))

    def ask(self, method: str, path: str, headers: dict[str, str]) -> httpx.Response:
        """Ask as a browser's own headers say."""
        return self._seen(self.http.request(method, path, headers=headers))

    def send(self, path: str, fields: dict[str, str] | None = None, **headers: str) -> httpx.Response:
        """Send a form with the token of the page that was seen last."""
        told = {"csrf": self.page.csrf, **(fields or {})}
        return self._seen(self.http.post(path, data=told, headers={"Origin": self.url, **headers}))

    def follow(self, answer: httpx.Response) -> httpx.Response:
        """Go where an answer leads."""
        assert answer.status_code == 303, answer.text
        return self.get(answer.headers["location"])

    def _seen(self, answer: httpx.Response) -> httpx.Response:
        if answer.headers.get("content-type", "").startswith("text/html"):
            self.page = Page(answer.text)
        return answer
