"""What the suites of others check, and which criterion or test here checks it.

``python -m harness.qualify.peers > docs/peers.md`` makes the page. A name in backquotes ends with the function of a test;
everything else that covers something is the id of a criterion.
"""

from __future__ import annotations

from dataclasses import dataclass

UNIT_TESTS = "UnitaryTests of pcsc-lite"
TABLE = "Criteria that a campaign should contain"


@dataclass(frozen=True, slots=True)
class Row:
    """``what`` of a suite, ``covered`` by criteria (ids) and tests (path::function), ``note`` where that is not all."""

    suite: str
    name: str
    what: str
    covered: tuple[str, ...]
    note: str = ""


_BLOCKING = ("SH-4", "SH-5", "SH-6", "SH-7", "SH-8", "SH-9")
_UNPLUG = "tests/harness/qualify/test_unplug.py::test_a_reader_that_goes_and_comes_back"

ROWS = (
    Row(
        UNIT_TESTS,
        "SCardExclusiveBehaviour",
        "exclusive then shared, shared then exclusive",
        ("SH-1", "SH-2"),
    ),
    Row(
        UNIT_TESTS,
        "SCardBeginTransaction_SharedMode",
        "who leaves does not free another's lock; Begin waits",
        ("SH-4", "SH-10"),
    ),
    Row(
        UNIT_TESTS,
        "SCardBeginTransaction_ExclusiveMode, _Disconnect",
        "nested transactions end with their connection; exclusive use afterwards",
        ("SH-13", "SH-24"),
    ),
    Row(
        UNIT_TESTS,
        "SCardBeginTransaction_Reset",
        "who does not own a transaction neither ends it nor resets the card by it",
        ("SH-12",),
    ),
    Row(UNIT_TESTS, "SCardBeginTransaction_deadlock", "two threads of one context", ("SH-14",)),
    Row(UNIT_TESTS, "SCardEndTransaction_extra_call", "a second End is NOT_TRANSACTED", ("SH-11",)),
    Row(UNIT_TESTS, "SCardBlockingBehaviourTest", "which calls wait for a foreign transaction", _BLOCKING),
    Row(
        UNIT_TESTS,
        "SCardCancel, 2, 3",
        "cancel a wait; cancel with nothing pending; a removal seen after a cancel",
        ("SH-16", "SH-17", "PR-10"),
    ),
    Row(
        UNIT_TESTS,
        "SCardConnect_DIRECT, 2",
        "no protocol of its own; reconnect; a shared card is not power-cycled",
        ("PT-3", "PT-4", "PT-6"),
    ),
    Row(
        UNIT_TESTS,
        "SCardReconnect, reset_card",
        "reset by Reconnect and Disconnect; protocol and ATR afterwards",
        ("AT-1", "RS-1", "RS-2", "RS-3", "RS-4", "PT-1"),
    ),
    Row(
        UNIT_TESTS,
        "SCardStatus, CheckAutoPowerOff",
        "state bits; the card keeps its power after Reconnect",
        ("SH-3", "RS-6", "PW-1", "PW-2"),
    ),
    Row(
        UNIT_TESTS,
        "SCardGetStatusChange and its kin",
        "reader removal, unknown names, new readers, a wait blocks nobody else",
        ("HU-6", "PR-8", "PR-9", "SH-18"),
    ),
    Row(UNIT_TESTS, "SCardGetAttrib, getAttrib", "what the reader tells of itself", ("ID-2", "ID-3")),
    Row(
        UNIT_TESTS,
        "FEATURE_GET_TLV_PROPERTIES and control commands",
        "feature list, properties, escape commands",
        ("ID-4", "ID-5", "PP-1"),
        "escape commands are each maker's own; nothing can be required of them",
    ),
    Row(
        UNIT_TESTS,
        "SCard_RemovedReader",
        "made-up handles, calls after unplugging, double release",
        ("SH-21", "SH-22", "SH-23", "HU-1", "HU-7", _UNPLUG),
    ),
    Row(UNIT_TESTS, "SCard_fork", "what a handle is worth in the child", ("SH-19",)),
    Row(UNIT_TESTS, "ThreadSafe, ThreadSafeConnect", "many threads, many connections", ("SH-20", "SH-15")),
    Row(
        UNIT_TESTS, "transmit_card_removed", "a pull in mid-command, and when it is noticed", ("RM-2", "RM-3")
    ),
    Row(
        UNIT_TESTS,
        "stress_apdu, stress_get_firmware, transmit_loop",
        "endless loops; exchanges above 1 s",
        ("SK-1", "SK-2", "SK-7", "LT-4"),
    ),
    Row(
        UNIT_TESTS,
        "BufferOverflow_SCardControl, _SCardGetAttrib, _SCardTransmit",
        "over-long buffers",
        ("BF-1", "BF-3", "BF-4"),
        "the binding chooses the buffer of SCardGetAttrib itself",
    ),
    Row(TABLE, "identity", "name, numbers, features, longest message", ("ID-1", "ID-2", "ID-5")),
    Row(TABLE, "GET_FEATURE_REQUEST", "the list is well-formed and consistent", ("ID-4", "ID-5", "EXT-1")),
    Row(TABLE, "insertion and removal", "delay of the event", ("PR-1", "PR-2")),
    Row(
        TABLE,
        "random cycles",
        "no event lost or doubled",
        ("PR-3", "PR-4", "PR-5", "PR-6", "PR-7"),
        "6 insertions and removals in the quick profile, 20 in the full one, those that other criteria need included",
    ),
    Row(TABLE, "cold ATR = warm ATR = the card's", "100 resets", ("AT-1", "AT-2", "AT-3", "AT-4", "AT-5")),
    Row(
        TABLE,
        "ATR robustness",
        "mute card, inverse convention, 33 bytes",
        (
            "AT-6",
            "AT-7",
            "AT-8",
            "AT-9",
            "AT-10",
            "tests/harness/qualify/test_odd_cards.py::test_odd_cards_are_met_and_the_good_one_works_again",
        ),
    ),
    Row(TABLE, "protocols", "active one, wrong one", ("PT-1", "PT-2", "PT-5")),
    Row(TABLE, "PPS and speed", "bytes a second against TA1, 9600 bit/s at least", ("TM-1", "TM-2")),
    Row(
        TABLE,
        "cases 1 to 4, every short length",
        "data equal, both ways",
        ("TX-1", "TX-2", "TX-3", "TX-4", "TX-10", "TX-11", "TX-12"),
    ),
    Row(TABLE, "61 xx, 6C xx, P3 = 00", "passed or served, recorded which", ("TX-5", "TX-6", "TX-7")),
    Row(TABLE, "extended lengths", "the longest that works, nothing truncated", ("EXT-1", "EXT-2", "EXT-3")),
    Row(TABLE, "waiting time", "x1, 2, 5, 30", ("TM-3",)),
    Row(
        TABLE,
        "silence",
        "an error within a bound, then the card works again",
        ("TM-4",),
        "silence after SW1 and wrong procedure bytes need a simulator on the contacts",
    ),
    Row(TABLE, "buffers", "one byte too short, Lc that does not fit", ("BF-1", "BF-2", "BF-3")),
    Row(TABLE, "sharing and transactions", "exact result codes, who waits", ("SH-1", "SH-2", *_BLOCKING)),
    Row(TABLE, "a reset is seen by others", "once", ("RS-1", "RS-2", "RS-3", "RS-5")),
    Row(TABLE, "removal in mid-command", "never a success", ("RM-1", "RM-2", "RM-4", "RM-5")),
    Row(
        TABLE,
        "unplug and replug",
        "idle, in a transaction, in a command",
        tuple(f"HU-{number}" for number in range(1, 11)),
        f"tried with a stack that ends and starts: `{_UNPLUG}`",
    ),
    Row(TABLE, "latency", "p50, p95, p99", ("LT-1", "LT-2", "LT-3", "LT-4")),
    Row(TABLE, "soak", "errors, resets, drift, stalls", tuple(f"SK-{number}" for number in range(1, 8))),
    Row(TABLE, "power", "kept between Reconnect and use; back after a pause", ("RS-6", "PW-1", "PW-2")),
    Row(
        TABLE,
        "PIN pad",
        "VERIFY and MODIFY by the reader",
        ("PP-1",),
        "what it says it can do; entering PINs, cancelling and running out of time are for a person with such a reader",
    ),
    Row(TABLE, "the login", "100 times, the counter as before", ("FL-1", "FL-2", "FL-3", "FL-4")),
)


def page() -> str:
    """docs/peers.md."""
    lines = [
        "# What others check, and where it is checked here",
        "",
        "Made by `python -m harness.qualify.peers`. Criteria are those of [qualification.md](qualification.md); what each",
        "semantics asks for was written anew here.",
    ]
    for suite in dict.fromkeys(row.suite for row in ROWS):
        lines += ["", f"## {suite}", "", "| what | semantics | covered by | note |", "|---|---|---|---|"]
        lines += [_line(row) for row in ROWS if row.suite == suite]
    return "\n".join(lines) + "\n"


def _line(row: Row) -> str:
    covered = ", ".join(f"`{each}`" if "::" in each else each for each in row.covered)
    return f"| {row.name} | {row.what} | {covered} | {row.note} |"


if __name__ == "__main__":
    print(page(), end="")
