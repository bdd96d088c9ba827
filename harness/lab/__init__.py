"""A lab of readers on many machines, shared through labgrid: places, readers in them, and PC/SC forwarded from there."""
