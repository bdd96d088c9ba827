"""How T=0 is spoken."""

from __future__ import annotations

from apdu_specs.reference.markdown import both, code, source
from apdu_specs.t0 import RULES, Rule


def rules() -> str:
    """Every rule with its examples."""
    intro = (
        "A command is CLA INS P1 P2, then nothing, or Le, or Lc and data. An answer is data, if any, and a status word of two "
        "bytes. Bytes are hexadecimal. Each example starts after a reset, on a card of the default generation.\n"
    )
    return "\n".join([intro, *(f"### {rule.name}\n\n{rule_section(rule)}" for rule in RULES)])


def rule_section(rule: Rule) -> str:
    """One rule."""
    lines = [f"{both(rule.text)} Source: {source(rule.provenance)}.\n"]
    for each in rule.examples:
        data = f"{each.length} byte{'s' if each.length > 1 else ''}, " if each.length else ""
        lines.append(f"* {code(bytes.fromhex(each.command))} → {data}{code(bytes.fromhex(each.sw))}")
    return "\n".join(lines) + "\n"
