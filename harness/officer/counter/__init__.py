"""The registry office's counter, on the clerk's machine: the card in the reader, and the owner who chooses a PIN.

It runs where the reader is, served on loopback, and asks the registry office over HTTP for the proof that opens the card.
"""
