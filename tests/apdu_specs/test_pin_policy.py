"""The shipped PIN policies, f by f, as literals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu_specs.errors import SpecError
from apdu_specs.pin_policy import (
    ISO_THREE_TRIES,
    NATIONAL,
    NATIONAL_WRONG_ONLY,
    POLICIES,
    PinPolicy,
    PinState,
    VerifyForm,
)
from apdu_specs.provenance import assumed

READY, SUSPENDED, LOCKED = PinState.READY, PinState.SUSPENDED, PinState.LOCKED
NATIONAL_ROWS = [
    # f, state, tries left, VERIFY without data (ISO, published)
    (0, READY, 3, 0x63C3, 0x6303),
    (1, READY, 2, 0x63C2, 0x6302),
    (2, READY, 1, 0x63C1, 0x6301),
    (3, SUSPENDED, 0, 0x6983, 0x6983),
    (4, SUSPENDED, 0, 0x6983, 0x6983),
    (5, LOCKED, 0, 0x6984, 0x6984),
    (6, LOCKED, 0, 0x6984, 0x6984),
]
ISO_ROWS = [
    *NATIONAL_ROWS[:5],
    (5, SUSPENDED, 0, 0x6983, 0x6983),
    (15, SUSPENDED, 0, 0x6983, 0x6983),
]


@pytest.mark.parametrize(
    ("policy", "row"),
    [
        *((NATIONAL, row) for row in NATIONAL_ROWS),
        *((NATIONAL_WRONG_ONLY, row) for row in NATIONAL_ROWS),
        *((ISO_THREE_TRIES, row) for row in ISO_ROWS),
    ],
)
def test_state_by_f(policy: PinPolicy, row: tuple[int, PinState, int, int, int]) -> None:
    f, state, tries, iso, published = row
    assert policy.state(f) is state
    assert policy.tries_left(f) == tries
    assert policy.refusal_word(f, VerifyForm.ISO) == iso
    assert policy.refusal_word(f, VerifyForm.PUBLISHED) == published


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
@pytest.mark.parametrize(
    ("f", "iso", "published"), [(1, 0x63C2, 0x6302), (2, 0x63C1, 0x6301), (3, 0x63C0, 0x6300)]
)
def test_word_for_a_wrong_pin(policy: PinPolicy, f: int, iso: int, published: int) -> None:
    assert policy.wrong_pin_word(f, VerifyForm.ISO) == iso
    assert policy.wrong_pin_word(f, VerifyForm.PUBLISHED) == published


def test_what_the_shipped_policies_are() -> None:
    assert list(POLICIES) == ["national", "national-wrong-only", "iso-3"]
    assert [
        (p.suspended_at, p.locked_at, p.suspended_counts, p.pin_length, p.office_tries)
        for p in POLICIES.values()
    ] == [
        (3, 5, "every", 4, 10),
        (3, 5, "wrong", 4, 10),
        (3, None, "nothing", 4, 10),
    ]


@pytest.mark.parametrize(
    ("suspended_at", "locked_at", "office_tries", "says"),
    [
        (0, 5, 10, "suspended_at"),
        (16, 16, 10, "suspended_at"),
        (4, 3, 10, "locked_at"),
        (3, 16, 10, "locked_at"),
        (3, 5, 0, "office_tries"),
        (3, 5, 16, "office_tries"),
    ],
)
def test_policies_that_cannot_be(suspended_at: int, locked_at: int, office_tries: int, says: str) -> None:
    with pytest.raises(SpecError, match=says):
        PinPolicy(
            "no such policy",
            suspended_at=suspended_at,
            locked_at=locked_at,
            office_tries=office_tries,
            provenance=assumed("for this test"),
        )


def test_what_the_holder_must_do() -> None:
    """Where to go and with what, as the manual has it: a new PIN, or nothing but a new card; any office, in person."""
    suspended, locked = NATIONAL.advice(3), NATIONAL.advice(5)
    assert (NATIONAL.advice(4), NATIONAL.advice(0)) == (suspended, READY.advice)
    for english in ("new PIN", "any registry office", "with this card", "free"):
        assert english in suspended.en
    for thai in (
        "บัตรประจำตัวประชาชนใบนี้",
        "PIN ใหม่",
        "ด้วยตนเอง",
        "สำนักทะเบียนแห่งใดก็ได้ทั่วประเทศ",
        "ไม่มีค่าธรรมเนียม",
    ):
        assert thai in suspended.th
    for english in (
        "new card",
        "any registry office",
        "in person",
        "with this card",
        "A new PIN does not help",
    ):
        assert english in locked.en
    for thai in ("บัตรประจำตัวประชาชนใบนี้", "ทำบัตรใหม่", "ด้วยตนเอง", "สำนักทะเบียนแห่งใดก็ได้ทั่วประเทศ"):
        assert thai in locked.th
    assert "ค่าธรรมเนียม" not in locked.th  # the manual says that of a new PIN only


@given(
    policy=st.sampled_from(list(POLICIES.values())),
    failures=st.integers(0, 5),
    wrong_proofs=st.integers(0, 10),
)
def test_a_new_pin_is_not_advised_when_no_office_can_issue_one(
    policy: PinPolicy, failures: int, wrong_proofs: int
) -> None:
    failures = min(failures, policy.most_failures)
    advice, state = policy.advice(failures, wrong_proofs), policy.state(failures)
    if wrong_proofs < 10 or state is LOCKED:
        assert advice == policy.advice(failures)
        return
    assert "new card" in advice.en and "ทำบัตรใหม่" in advice.th
    assert "asks for a new PIN" not in advice.en and "ไปขอ PIN ใหม่" not in advice.th
    assert "none can issue a new PIN" in advice.en and "ออก PIN ใหม่ให้บัตรใบนี้ไม่ได้อีก" in advice.th
    if state is READY:  # the PIN works as before
        assert advice.en.startswith(policy.advice(failures).en)


@given(policy=st.sampled_from(list(POLICIES.values())), failures=st.integers(0, 5))
def test_advice_tells_the_tries_that_are_left(policy: PinPolicy, failures: int) -> None:
    advice, state = policy.advice(failures), policy.state(failures)
    if state is READY and failures:
        left = policy.suspended_at - failures
        assert f"tries left: {left}." in advice.en and f"เหลือโอกาสอีก {left} ครั้ง" in advice.th
        assert "right PIN clears the count" in advice.en and "กลับเป็นศูนย์" in advice.th
    else:
        assert advice == state.advice
