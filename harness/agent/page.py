"""The agent's page at ``/``, by which people see that it is up: its paths, from its own OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --quiet: #666; }
@media (prefers-color-scheme: dark) { :root { --quiet: #aaa; } }
body { font: 1rem/1.6 "Noto Sans Thai", "Sarabun", system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.4rem; margin: 0 0 .25rem; } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0; } .up { color: #0a7d33; font-weight: 600; } .quiet { color: var(--quiet); }
@media (prefers-color-scheme: dark) { .up { color: #4cc77a; } }
table { border-collapse: collapse; width: 100%; } td { border-top: 1px solid var(--line); padding: .5rem .75rem .5rem 0; }
td:first-child { width: 4rem; color: var(--quiet); } code { overflow-wrap: anywhere; }
"""


def page(openapi: Mapping[str, Any], document: str) -> str:
    """The HTML page; ``document``: where the OpenAPI document is."""
    rows = "".join(
        f"<tr><td>{escape(method.upper())}</td><td><code>{escape(path)}</code></td></tr>"
        for path, methods in openapi["paths"].items()
        for method in methods
    )
    return f"""<!doctype html>
<html lang="th"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Secure SmartCard Agent</title><style>{_STYLE}</style></head>
<body><main><h1>Secure SmartCard Agent</h1>
<p class="up">โปรแกรมทำงานอยู่ <span lang="en">· The agent is running</span></p>
<p class="quiet">ตัวจำลองสำหรับการทดสอบ ไม่ใช่โปรแกรมของ สปสช.
<span lang="en">· A stand-in for tests, not NHSO's program</span></p>
<h2>บริการ <span lang="en">· Services</span></h2><table>{rows}</table>
<p class="quiet"><a href="{escape(document)}">OpenAPI</a></p></main></body></html>
"""
