"""What Redis holds, compared with what it should hold, bucket by bucket and article by article."""
from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import redis

from harness.counts import Counts, bucket_end_s, differences

HOUR_S = 3600
DAY_S = 86400


@dataclass(frozen=True)
class Retention:
    """Seconds for which a bucket is kept after its end. The defaults are the aggregator's."""

    minutes_s: int = 2 * HOUR_S
    hours_s: int = 8 * DAY_S
    days_s: int = 400 * DAY_S

    def expires_s(self, bucket: str) -> int:
        kept = {16: self.minutes_s, 13: self.hours_s, 10: self.days_s}[len(bucket)]
        return bucket_end_s(bucket) + kept


def read_hash(client: redis.Redis, key: str) -> Counter[str]:
    return Counter({
        name.decode("utf-8", "surrogateescape"): int(count) for name, count in client.hgetall(key).items()
    })


def read_offsets(client: redis.Redis, topic: str, prefix: str = "pv:") -> dict[int, int]:
    """`pv:offsets` of one topic, by partition."""
    found = {}
    for name, offset in client.hgetall(f"{prefix}offsets").items():
        of_topic, _, partition = name.decode().rpartition("/")
        if of_topic == topic:
            found[int(partition)] = int(offset)
    return found


class RedisComparison:
    """Compares one moment of Redis; buckets that expire during the comparison may be there or not."""

    def __init__(self, client: redis.Redis, prefix: str = "pv:", retention: Retention = Retention()) -> None:
        self._client = client
        self._prefix = prefix
        self._retention = retention
        self._wrong: list[str] = []
        self.wrong_buckets: set[str] = set()
        self._seen: set[str] = set()

    def run(self, expected: Counts) -> list[str]:
        self._compare_kept("views", expected.articles)
        self._compare_kept("totals", expected.totals)
        for bucket, counts in expected.buckets.items():
            self._compare_bucket(f"views:{bucket}", bucket, counts)
        for family, days in (("site", expected.site), ("filtered", expected.filtered)):
            for day, counts in days.items():
                self._compare_bucket(f"{family}:{day}", day, counts)
        self._find_strangers()
        return self._wrong

    def _compare_kept(self, key: str, expected: Mapping[str, int]) -> None:
        actual = read_hash(self._client, self._prefix + key)
        self._wrong += differences(self._prefix + key, actual, expected)
        if actual and self._client.ttl(self._prefix + key) != -1:
            self._wrong.append(f"{self._prefix}{key} expires, and should be kept for ever")

    def _compare_bucket(self, key: str, bucket: str, expected: Mapping[str, int]) -> None:
        self._seen.add(key)
        expires_s = self._retention.expires_s(bucket)
        before_s = time.time()
        actual = read_hash(self._client, self._prefix + key)
        actual_expiry_s = self._client.expiretime(self._prefix + key)
        if expires_s > time.time():
            found = differences(self._prefix + key, actual, expected)
            if found:
                self.wrong_buckets.add(bucket)
            self._wrong += found
            if actual and actual_expiry_s != expires_s:
                self._wrong.append(f"{self._prefix}{key} expires at {actual_expiry_s}, should be at {expires_s}")
        elif expires_s <= before_s and actual:
            self._wrong.append(f"{self._prefix}{key} is kept {before_s - expires_s:.0f} s too long")

    def _find_strangers(self) -> None:
        """A bucket that no event accounts for is as wrong as a count."""
        for family in ("views", "site", "filtered"):
            for found in self._client.scan_iter(f"{self._prefix}{family}:*", count=1000):
                key = found.decode()[len(self._prefix) :]
                if key not in self._seen:
                    self._wrong.append(f"{self._prefix}{key} holds {read_hash(self._client, self._prefix + key)}")


def assert_redis_holds(client: redis.Redis, expected: Counts, prefix: str = "pv:",
                       retention: Retention = Retention()) -> None:
    wrong = RedisComparison(client, prefix, retention).run(expected)
    assert not wrong, "Redis differs from the recount:\n" + "\n".join(wrong[:60])
