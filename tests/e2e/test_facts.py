"""What events say beside being views: visitors and descriptions in Redis are those of all events, whatever happens."""
from __future__ import annotations

import random
import signal
import time
from collections import defaultdict

from harness.counts import day_of, minute_of
from harness.event_traffic import event_client, view
from harness.pipeline import Pipeline
from harness.redis_counts import read_offsets
from harness.waiting import wait_until

HOUR_MS, MINUTE_MS = 3_600_000, 60_000


class Readers:
    """Sends views with visitors and titles, and remembers what they say."""

    def __init__(self, pipeline: Pipeline, seed: int) -> None:
        self.pipeline = pipeline
        self.source = random.Random(seed)
        self.now_ms = int(time.time() * 1000)
        self.visitors: defaultdict[str, set[str]] = defaultdict(set)
        self.titles: dict[str, tuple[int, str]] = {}
        self.sent = 0

    def read(self, count: int) -> None:
        client = event_client(self.pipeline.broker.address)
        for _ in range(count):
            ts_ms = self.now_ms - int(self.source.expovariate(1) * 20 * MINUTE_MS)
            article, visitor = f"/{self.source.randrange(30)}", f"v{self.source.randrange(3000)}"
            title = f"{article} {self.source.randrange(3)}"
            client.produce(self.pipeline.topic, view(article, ts_ms, visitor=visitor, title=title), key=article.encode())
            client.poll(0)
            self.visitors[f"pv:visitors:{day_of(ts_ms)}:{article}"].add(visitor)
            self.visitors[f"pv:visitors:{minute_of(ts_ms)}"].add(visitor)
            if ts_ms // HOUR_MS >= self.titles.get(article, (0, ""))[0]:
                self.titles[article] = (ts_ms // HOUR_MS, title)
        assert client.flush(60) == 0, "Kafka did not take the events"
        self.sent += count

    def wait_counted(self) -> None:
        wait_until(lambda: sum(read_offsets(self.pipeline.redis(), self.pipeline.topic).values()) >= self.sent,
                   "all is counted", explain=self.pipeline.describe)

    def check(self) -> None:
        """PFCOUNT equals that of a HyperLogLog to which this client added all visitors, unfiltered."""
        client = self.pipeline.redis()
        # A minute's visitors are kept an hour: those near their end may go while they are compared.
        kept_from = minute_of(int(time.time() * 1000) - 50 * MINUTE_MS)
        for key, visitors in self.visitors.items():
            if key.count(":") == 3 and key.count("/") == 0 and key.removeprefix("pv:visitors:") < kept_from:
                continue
            client.delete("reference")
            client.pfadd("reference", *visitors)
            assert client.pfcount(key) == client.pfcount("reference"), key
            assert client.ttl(key) > 0, f"{key} is kept for ever"
        for article, (_, title) in self.titles.items():
            assert client.hget(f"pv:article:{article}", "title") == title.encode(), article


def test_visitors_and_titles_are_those_of_all_events(pipeline: Pipeline) -> None:
    readers = Readers(pipeline, 1)
    readers.read(20_000)
    pipeline.count()
    readers.check()


def test_visitors_and_titles_survive_kills_and_a_redis_that_forgets(pipeline: Pipeline) -> None:
    readers = Readers(pipeline, 2)
    aggregator = pipeline.aggregator()
    for turn in range(4):
        readers.read(3000)
        if turn == 1:
            aggregator.kill()
            aggregator = pipeline.aggregator()
        readers.wait_counted()
        if turn == 2:
            pipeline.redis().flushall()
    readers.wait_counted()
    aggregator.stop()
    pipeline.check()
    readers.check()


def test_visitors_that_wait_in_redis_outlive_a_kill(pipeline: Pipeline) -> None:
    """Far from the log's end visits are stored as they are, and merged later: here by another process."""
    readers = Readers(pipeline, 4)
    readers.read(20_000)
    client = pipeline.redis()
    aggregator = pipeline.aggregator(max_batch_articles=100)

    def is_caught() -> bool:
        assert aggregator.is_running, aggregator.describe()
        aggregator.send_signal(signal.SIGSTOP)
        if client.hlen("pv:waiting") > 0:
            return True
        aggregator.send_signal(signal.SIGCONT)
        return False

    wait_until(is_caught, "visits wait", poll_interval_s=0.005, explain=pipeline.describe)
    aggregator.kill()
    assert client.hlen("pv:waiting") > 0
    pipeline.count(flush_interval="10s")  # one batch to the log's end: this process has nothing to keep waiting
    assert not client.exists("pv:waiting")
    pipeline.check()
    readers.check()


def test_no_visitor_is_kept_when_visitors_are_off(pipeline: Pipeline) -> None:
    readers = Readers(pipeline, 3)
    readers.read(500)
    pipeline.count(visitors="off")
    assert pipeline.redis().keys("pv:visitors:*") == []


def test_junk_urls_count_under_other_and_leave_no_key(pipeline: Pipeline) -> None:
    client = event_client(pipeline.broker.address)
    for number in range(3000):
        article = f"/junk/{number}"
        client.produce(pipeline.topic, view(article, visitor="v", title="Junk"), key=article.encode())
        client.poll(0)
    assert client.flush(60) == 0
    aggregator = pipeline.count(max_new_articles_per_hour=1000, clock="event")
    redis = pipeline.redis()
    known = int(redis.hlen("pv:views")) - 1
    assert known <= 2000  # 1,000 in each hour of the clock that the run touched
    assert int(redis.hget("pv:views", "(other)")) == 3000 - known
    assert redis.hget("pv:totals", "views") == b"3000"
    assert len(redis.keys("pv:article:*")) == known
    assert list(aggregator.events("too_many_new_articles"))
    assert not any(b"(other)" in redis.zrange(key, 0, -1) for key in redis.scan_iter("pv:trending:*"))
