"""``python -m harness.cli`` is ``thnid``."""

from harness.cli.main import main

main()
