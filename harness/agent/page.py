"""The agent's page at ``/``, by which people see that it is up: its paths, from its own OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from apdu_specs import browsers

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'none'"
}
_STYLE = """
:root { --ink: #1c2733; --soft: #4a5866; --ground: #f3f6f8; --line: #cfd8df; --brand: #0b4f6c; --good: #14663a; --focus: #f2b705; }
*, *::before, *::after { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); line-height: 1.65;
  font-family: "Sarabun", "Noto Sans Thai", "Leelawadee UI", "Thonburi", "Loma", "Noto Sans", sans-serif; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; box-shadow: 0 0 0 2px var(--ink); }
header, main { padding: .8rem max(1rem, (100% - 60rem) / 2); }
header { background: var(--brand); color: #fff; border-bottom: 4px solid var(--focus); font-weight: 700; }
header a { color: #fff; text-decoration: none; } a { color: var(--brand); }
h1 { font-size: 1.4rem; margin: .8rem 0 .25rem; } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0; } .up { color: var(--good); font-weight: 600; } .quiet { color: var(--soft); }
table { border-collapse: collapse; width: 100%; background: #fff; border: 1px solid var(--line); }
td { border-top: 1px solid var(--line); padding: .5rem .75rem; }
td:first-child { width: 4rem; color: var(--soft); } code { overflow-wrap: anywhere; }
"""


def page(openapi: Mapping[str, Any], document: str) -> str:
    """The HTML page; ``document``: where the OpenAPI document is."""
    rows = "".join(
        f"<tr><td>{escape(method.upper())}</td><td><code>{escape(path)}</code></td></tr>"
        for path, methods in openapi["paths"].items()
        for method in methods
    )
    return _framed(f"""<h1>Secure SmartCard Agent</h1>
<p class="up">โปรแกรมทำงานอยู่ <span lang="en">· The agent is running</span></p>
<p class="quiet">ตัวจำลองสำหรับการทดสอบ ไม่ใช่โปรแกรมของ สปสช.
<span lang="en">· A stand-in for tests, not NHSO's program</span></p>
<h2>บริการ <span lang="en">· Services</span></h2><table>{rows}</table>
<h2>เอกสารประกอบ <span lang="en">· Documentation</span></h2>
<p><a href="{escape(document)}">OpenAPI</a></p>
<p class="quiet">ดู docs/agent.md ในซอร์สโค้ดของ thnid <span lang="en">· See docs/agent.md in thnid's source</span></p>""")


def not_served(status: int) -> str:
    """The page for an address where there is none, or none for this method (405)."""
    told, home = browsers.not_served(status), browsers.TO_FIRST_PAGE
    return _framed(f"""<h1>{escape(told.th)} <span lang="en">· {escape(told.en)}</span></h1>
<p><a href="/">{escape(home.th)} <span lang="en">· {escape(home.en)}</span></a></p>""")


def _framed(content: str) -> str:
    return f"""<!doctype html>
<html lang="th"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Secure SmartCard Agent</title><link rel="icon" href="{browsers.ICON_PATH}" type="{browsers.ICON_TYPE}">
<style>{_STYLE}</style></head>
<body><header><a href="/">Secure SmartCard Agent</a></header><main>{content}</main></body></html>
"""
