"""Who works in the offices: accounts, passwords, and their sessions at the offices' pages."""
