"""A policy file that is no policy gives one sentence, whatever is in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulator.card.policy_file import policy_called
from emulator.errors import BadCard


@pytest.mark.parametrize(
    "text",
    [
        "name: 2020-13-45\nsuspended_at: 3\nlocked_at: 5",
        "name: mine\nsuspended_at: " + "9" * 5000 + "\nlocked_at: 5",
        "[" * 3000,
        "name: " + "n" * 300 + "\nsuspended_at: 3\nlocked_at: 5",
        "name: national\nsuspended_at: 9\nlocked_at: 9",
        'name: ""\nsuspended_at: 3\nlocked_at: 5',
        'name: "a\\e[31mb"\nsuspended_at: 3\nlocked_at: 5',
        "#" * 70000,
        "name: mine\nsuspended_at: yes\nlocked_at: 5",
    ],
    ids=[
        "date",
        "huge number",
        "deep",
        "long name",
        "shipped name",
        "empty name",
        "escapes",
        "long file",
        "bool",
    ],
)
def test_no_policy(tmp_path: Path, text: str) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadCard) as refused:
        policy_called(str(path))
    assert "\n" not in str(refused.value.message) and len(str(refused.value.message)) < 1000
    assert refused.value.message.th and refused.value.what_to_do.th
