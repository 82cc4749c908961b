"""Calls of pv_commit, made apart from the C code: MessagePack written from its specification."""
from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import redis

OFFSETS, META = "pv:offsets", "pv:meta"
DAY, HOUR, MINUTE = "pv:views:2026-11-24", "pv:views:2026-11-24T13", "pv:views:2026-11-24T13:05"
YEAR_2100 = 4102444800


def pack_number(number: int) -> bytes:
    if number < 0x80:
        return struct.pack(">B", number)
    for code, form, limit in ((0xCC, ">BB", 8), (0xCD, ">BH", 16), (0xCE, ">BI", 32), (0xCF, ">BQ", 64)):
        if number < 1 << limit:
            return struct.pack(form, code, number)
    raise ValueError(number)


def pack_text(text: bytes) -> bytes:
    if len(text) < 32:
        return struct.pack(">B", 0xA0 | len(text)) + text
    return struct.pack(">BH", 0xDA, len(text)) + text


def pack_item(item: object) -> bytes:
    if isinstance(item, bytes):
        return pack_text(item)
    if isinstance(item, int):
        return pack_number(item)
    assert isinstance(item, list)
    return pack(item)


def pack(items: Sequence[object]) -> bytes:
    return struct.pack(">BI", 0xDD, len(items)) + b"".join(map(pack_item, items))


@dataclass
class Group:
    """What one hash gets. `fields`: texts, indexes into the articles from 1, or None for all articles."""

    key: str
    counts: list[int]
    fields: list[bytes] | list[int] | None = None
    expire_at: int | None = None


@dataclass
class Commit:
    """One batch of one partition. `start` None: nothing is stored yet."""

    start: int | None
    end: int | None
    articles: list[bytes] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    partition: str = "pageviews/0"
    now_ms: int = 1795525507000
    notes: dict[str, str] = field(default_factory=dict)
    descriptions: list[object] | None = None
    visitors: list[object] | bytes | None = None

    def arguments(self) -> list[bytes | str | int]:
        keys = [OFFSETS, META, *(group.key for group in self.groups)]
        args: list[bytes | str | int] = [
            self.partition,
            "" if self.start is None else str(self.start),
            "" if self.end is None else str(self.end),
            self.now_ms,
            pack(self.articles),
            pack([text for pair in self.notes.items() for text in (pair[0].encode(), pair[1].encode())]),
            b"" if self.descriptions is None else pack(self.descriptions),
            self.visitors if isinstance(self.visitors, bytes) else b"" if self.visitors is None else pack(self.visitors),
        ]
        for group in self.groups:
            args += [
                "" if group.expire_at is None else group.expire_at,
                b"" if group.fields is None else pack(group.fields),
                pack(group.counts),
            ]
        return ["pv_commit", len(keys), *keys, *args]

    def send(self, client: redis.Redis) -> list[bytes]:
        """Redis's answer: [b"ok" | b"already" | b"stale", stored offset]."""
        return self.send_for_all(client)[:2]

    def send_for_all(self, client: redis.Redis) -> list[Any]:
        """The same and, after "ok": articles renamed, facts refused, the first refusal, the clock."""
        answer = client.execute_command("FCALL", *self.arguments())
        assert isinstance(answer, list)
        return answer


def one_view(start: int | None = None, end: int = 1, **changes: Any) -> Commit:
    """A view of /a in every hash."""
    groups = [
        Group("pv:totals", [1], [b"views"]),
        Group("pv:views", [1]),
        Group(DAY, [1], expire_at=YEAR_2100),
        Group(HOUR, [1], expire_at=YEAR_2100),
        Group(MINUTE, [1], expire_at=YEAR_2100),
        Group("pv:site:2026-11-24", [1], [b"13:05"], expire_at=YEAR_2100),
    ]
    return Commit(start, end, [b"/a"], groups, **changes)


def shadow(commit: Commit) -> list[object]:
    """Arguments of the same call for the counts of a rebuild."""
    arguments = commit.arguments()
    keys = 2 + int(arguments[1])
    return [a.replace("pv:", "pv:rebuild:") if isinstance(a, str) and i < keys else a
            for i, a in enumerate(arguments)]


def swap(client: redis.Redis, how: str = "") -> list[bytes]:
    return client.execute_command("FCALL", "pv_swap", 2, "pv:rebuild:offsets", "pv:offsets", how)


def dump(client: redis.Redis) -> dict[bytes, tuple[bytes, int]]:
    """Everything: each key's contents and when it expires. AOF and replicas see no more than this."""
    keys = sorted(client.keys("*"))
    return {key: (client.dump(key), client.expiretime(key)) for key in keys}
