"""What is said between a terminal and a Thai national ID card, declared once.

Every command, file, text format, status word, generation and the PIN policy is a declaration here.
The emulator answers from them, the harness asks from them, traces and the reference page are printed from them.
No I/O, and nothing of ours is imported.
"""
