"""The kit of the offices' pages: layout, languages, sessions, tokens against forged forms, headers, refusals."""
