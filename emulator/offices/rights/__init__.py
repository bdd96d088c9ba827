"""Officers' rights (manual, pages 2 and 3): an organisation's letter, its checks, the regional office's decision."""
