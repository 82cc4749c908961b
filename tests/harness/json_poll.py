"""Readers that poll the exporter's files as fast as they can, each a process of its own."""
from __future__ import annotations

import gzip
import hashlib
import json
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import fastjsonschema

from harness.json_claims import check_claims, kind_of, totals_of
from harness.json_schemas import SCHEMAS, json_files

PATIENCE_S = 300


@dataclass
class Polled:
    """What a reader saw; a wrong file is an exception instead."""

    reads: int = 0
    kinds: dict[str, int] = field(default_factory=dict)  # readings of each
    distinct: set[bytes] = field(default_factory=set)  # hashes of contents; each was validated
    views: set[int] = field(default_factory=set)  # of totals.json


@lru_cache(maxsize=None)
def _compiled(kind: str) -> Any:
    return fastjsonschema.compile(json.loads((SCHEMAS / f"{kind}.json").read_text(encoding="utf-8")))


def _parts(data: bytes, path: Path) -> list[Any]:
    if path.suffix == ".json":
        return [json.loads(data)]
    parts = [json.loads(line) for line in gzip.decompress(data).splitlines()]
    if path.name.endswith(".json.gz"):
        return parts
    assert parts[0]["articles"] == len(parts) - 1
    return parts


class Reader:
    """Reads files, and remembers what they said; a wrong one is an AssertionError."""

    def __init__(self) -> None:
        self.polled = Polled()
        self._before: dict[Path, dict[str, int]] = {}

    def read_all(self, out: Path) -> None:
        for path in json_files(out):
            self.read(path)

    def read(self, path: Path) -> None:
        data = path.read_bytes()
        try:
            parts = _parts(data, path)
            self._check(path, data, parts)
        except Exception as error:
            raise AssertionError(f"{path}, {len(data)} bytes: {error!r}\n{data[:200]!r} … {data[-100:]!r}") from error
        self.polled.reads += 1

    def _check(self, path: Path, data: bytes, parts: list[Any]) -> None:
        kind = kind_of(parts[0])
        self.polled.kinds[kind] = self.polled.kinds.get(kind, 0) + 1
        found = hashlib.blake2b(data, digest_size=16).digest()
        if found not in self.polled.distinct:
            self.polled.distinct.add(found)
            for part in parts:
                _compiled(kind)(part)
        check_claims(parts[0])
        now = totals_of(parts[0])
        fallen = {name: (count, now[name]) for name, count in self._before.get(path, {}).items()
                  if name in now and now[name] < count}
        assert not fallen, f"fell from, to: {fallen}"
        self._before[path] = now
        if kind == "totals":
            self.polled.views.add(parts[0]["views"])


def poll(out: Path, reads: int, totals: int) -> Polled:
    """Until it made so many readings and saw so many totals. A file that was seen once is always there."""
    reader = Reader()
    known: set[Path] = set()
    end = time.monotonic() + PATIENCE_S
    while reader.polled.reads < reads or len(reader.polled.views) < totals:
        assert time.monotonic() < end, f"the writer stood still: {reader.polled.reads} reads, {reader.polled.views}"
        files = json_files(out)
        assert known <= set(files), f"gone: {known - set(files)}"
        known = set(files)
        for path in files:
            reader.read(path)
    return reader.polled


@contextmanager
def polling(out: Path, reads: int, readers: int, totals: int) -> Iterator[list[Future[Polled]]]:
    """`readers` processes that make `reads` readings together, and each see `totals` different totals at least."""
    with ProcessPoolExecutor(readers, mp_context=get_context("spawn")) as pool:
        yield [pool.submit(poll, out, reads // readers, totals) for _ in range(readers)]
