"""A double of NHSO's Secure SmartCard Agent: what hospital programs call on port 8189, answered from the card in the reader.

The patient's card is read without its PIN; rights and authentication codes come from NHSO over HTTP. Paths and shapes are
public (what programs call and expect); where the original's answer is not public, it is ``assumed`` and said so in
``docs/agent.md``.
"""
