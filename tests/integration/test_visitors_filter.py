"""The filter of visitors against a real Redis: its HyperLogLogs are the same with the filter as without."""
from __future__ import annotations

import random
import subprocess
from collections.abc import Iterable

import pytest
import redis

from harness.programs import binary
from harness.redis_server import RedisServer

REGISTERS = 16384
PFADD_AT_ONCE = 1000
SIGMA = 1.04 / REGISTERS ** 0.5  # 0.81 %, what Redis promises
EMPTY = [0] * REGISTERS

Visit = tuple[int, str]


def check(argument: str, visits: Iterable[Visit]) -> list[str]:
    lines = "".join(f"{number} {visitor}\n" for number, visitor in visits)
    done = subprocess.run([str(binary("pv-visitor-check")), argument], input=lines, capture_output=True, text=True,
                          check=True, timeout=300)
    return done.stdout.splitlines()


def admitted(visits: list[Visit], max_sketches: int = 1024) -> list[Visit]:
    pairs = (line.split(" ", 1) for line in check(str(max_sketches), visits))
    return [(int(number), visitor) for number, visitor in pairs]


def add(client: redis.Redis, name: str, visits: list[Visit]) -> None:
    by_set: dict[int, list[str]] = {}
    for number, visitor in visits:
        by_set.setdefault(number, []).append(visitor)
    pipe = client.pipeline(transaction=False)
    for number, visitors in by_set.items():
        for at in range(0, len(visitors), PFADD_AT_ONCE):
            pipe.pfadd(f"{name}:{number}", *visitors[at:at + PFADD_AT_ONCE])
    pipe.execute()


def registers(client: redis.Redis, key: str) -> list[int]:
    """Makes the key dense, so asked last."""
    return [int(register) for register in client.execute_command("PFDEBUG", "GETREG", key)]


def names(count: int, seed: int) -> list[str]:
    chance = random.Random(seed)
    return [f"{chance.getrandbits(64):016x}" for _ in range(count)]


def test_places_are_those_of_redis(redis_server: RedisServer) -> None:
    client = redis_server.client()
    chance = random.Random(1)
    elements = [name[:chance.randint(1, 16)] * chance.randint(1, 4) for name in names(500, 1)]
    for element, line in zip(elements, check("places", [(0, element) for element in elements]), strict=True):
        index, rank = map(int, line.split()[:2])
        client.delete("one")
        client.pfadd("one", element)
        expected = EMPTY.copy()
        expected[index] = rank
        assert registers(client, "one") == expected, element
        client.delete("one")
        client.pfadd("one", bytes.fromhex(line.split()[2]))
        assert registers(client, "one") == expected, f"the element in the place of {element}"


@pytest.mark.parametrize("count", [0, 1, 2, 100, 900, 1500, 30_000, 500_000])
def test_sketch_that_is_sent_is_the_one_that_redis_makes(redis_server: RedisServer, count: int) -> None:
    client = redis_server.client()
    visits = [(0, name) for name in names(count, count + 1)]
    client.pfadd("all:0")
    add(client, "all", visits)
    sketch = bytes.fromhex(check("sketch", visits)[0])
    client.set("sent", sketch)
    client.pfadd("merged", "somebody")
    client.pfmerge("merged", "sent")
    client.pfadd("all and somebody", "somebody")
    client.pfmerge("all and somebody", "all:0")
    assert client.pfcount("sent") == client.pfcount("all:0")
    assert client.pfcount("merged") == client.pfcount("all and somebody")
    assert registers(client, "merged") == registers(client, "all and somebody")
    assert registers(client, "sent") == registers(client, "all:0")


@pytest.mark.parametrize("count", [1, 100, 10_000, 1_000_000])
def test_sketch_is_the_same_with_and_without_the_filter(redis_server: RedisServer, count: int) -> None:
    client = redis_server.client()
    visits = [(0, name) for name in names(count, count)]
    sent = admitted(visits)
    add(client, "all", visits)
    add(client, "filtered", sent)
    counted = client.pfcount("filtered:0")
    assert counted == client.pfcount("all:0")
    assert abs(counted - count) <= max(3 * SIGMA * count, 0.5)
    assert registers(client, "filtered:0") == registers(client, "all:0")
    if count == 1_000_000:
        assert len(sent) * 10 <= count


def test_sets_are_the_same_when_sketches_give_way(redis_server: RedisServer) -> None:
    client = redis_server.client()
    chance = random.Random(2)
    visitors = names(5_000, 3)
    # Twelve sets are hot at a time, and which are changes as time goes on; there are eight sketches.
    visits = [(at // 7_500 + chance.randrange(12), chance.choice(visitors)) for at in range(300_000)]
    sent = admitted(visits, max_sketches=8)
    assert len(sent) * 4 <= len(visits) * 3
    add(client, "all", visits)
    add(client, "filtered", sent)
    for number in {number for number, _ in visits}:
        assert client.pfcount(f"filtered:{number}") == client.pfcount(f"all:{number}")
        assert registers(client, f"filtered:{number}") == registers(client, f"all:{number}")
