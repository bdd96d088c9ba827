"""Generations: what tells them apart."""

from __future__ import annotations

from apdu_specs.generations import APPLETS, DEFAULT, GENERATIONS, Generation
from apdu_specs.reference.markdown import both, code, source, table


def generations() -> str:
    """The table of all."""
    rows = (
        (each.name, code(each.atr), each.data_version, both(each.differences), source(each.provenance))
        for each in GENERATIONS.values()
    )
    header = ("generation", "ATR", "data version", "differences", "source (confidence)")
    return (
        table(header, rows)
        + f"\nThe default is {DEFAULT.name}. A card whose ATR is not here is read like the default; its data version (MOI, block 0, "
        "offset 0000) tells which layout it has.\n"
    )


def generation_section(generation: Generation) -> str:
    """One generation with its ATR taken apart."""
    atr = generation.decoded_atr
    raw = generation.atr
    blocks = [
        f"{applet.name} block {block}: {file.name} ({file.length} bytes)"
        for applet in APPLETS
        for block, file in generation.blocks(applet).items()
    ]
    rows = [
        ("differences", both(generation.differences)),
        ("ATR", code(raw)),
        ("TS", f"`{raw[0]:02X}` direct convention" if raw[0] == 0x3B else f"`{raw[0]:02X}`"),
        ("T0", f"`{raw[1]:02X}` {len(atr.historical)} historical bytes"),
        (
            "TA1",
            f"`{atr.ta1:02X}`" if atr.ta1 is not None else "absent, so `11`",
        ),
        ("speed", f"Fi {atr.fi}, Di {atr.di}: {atr.baud} bit/s at 3.58 MHz"),
        ("protocols", ", ".join(f"T={protocol}" for protocol in atr.protocols) + "; no TD1, no check byte"),
        ("historical bytes", f"{code(atr.historical)} `{atr.text}`"),
        ("data version", f"`{generation.data_version}`"),
        ("layout", "; ".join(blocks)),
        ("GET RESPONSE P2", " or ".join(f"`{p2:02X}`" for p2 in sorted(generation.get_response_p2))),
        ("ADM", f"{generation.adm_info.name} ({generation.adm_info.length} bytes)"),
        ("laser number", "yes" if generation.has_laser_number else "no"),
        ("source (confidence)", source(generation.provenance)),
    ]
    return table(("", ""), rows)
