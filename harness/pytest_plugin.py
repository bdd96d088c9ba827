"""Fixtures for tests that need a Thai ID card in a PC/SC reader. Installed with thnid, loaded by pytest on its own.

``thnid_stack``: a private PC/SC stack for the whole test session. ``thnid_bench``: its readers, empty after each test.
``thnid_card``: a fresh card in memory (PIN 1234). Where PC/SC is missing, tests that ask for the first two fail with
what to install; they are not skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from emulator.card import Card
    from harness.bench import Bench
    from harness.stack import Stack


@pytest.fixture(scope="module")
def thnid_stack() -> Iterator[Stack]:
    """A private stack that this process and its children see.

    Of one module: a process has one stack at a time, and other modules may want one of their own.
    """
    # Imported here: pytest loads this module in every project where thnid is installed.
    import os

    from harness.stack import Stack

    with Stack() as stack:
        stack.use_in_this_process()
        before = {name: os.environ.get(name) for name in stack.environment}
        os.environ.update(stack.environment)
        yield stack
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@pytest.fixture(scope="module")
def _thnid_module_bench(thnid_stack: Stack) -> Iterator[Bench]:
    from harness.bench import Bench

    with Bench(thnid_stack) as bench:
        yield bench


@pytest.fixture
def thnid_bench(_thnid_module_bench: Bench, thnid_stack: Stack) -> Iterator[Bench]:
    """The readers of ``thnid_stack``; insert, remove and swap cards. Whatever is left in is taken out afterwards."""
    yield _thnid_module_bench
    for reader in range(len(thnid_stack.reader_names)):
        _thnid_module_bench.remove(reader)


@pytest.fixture
def thnid_card() -> Iterator[Card]:
    """A fresh card in memory: holder 1, PIN 1234, no failures."""
    from emulator.card.issue import card_from_seed, card_in_memory

    card = card_in_memory(card_from_seed())
    yield card
    card.close()
