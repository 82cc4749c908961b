"""Bytes that are nearly right: for tests in which two readers have to agree on whatever comes."""
from __future__ import annotations

import random


def mutate(rng: random.Random, text: bytes, pieces: list[bytes]) -> bytes:
    """As it was, or with one or two changes: one of `pieces` put in, bytes left out, another byte, bytes twice."""
    for _ in range(rng.choice([0, 0, 0, 1, 1, 2])):
        at = rng.randrange(len(text) + 1)
        action = rng.randrange(4)
        if action == 0:
            text = text[:at] + rng.choice(pieces) + text[at:]
        elif action == 1:
            text = text[:at] + text[at + rng.randrange(1, 6) :]
        elif action == 2:
            text = text[:at] + bytes([rng.randrange(256)]) + text[at + 1 :]
        else:
            text = text[:at] + text[rng.randrange(at + 1) : at] + text[at:]
    return text
