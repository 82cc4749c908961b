"""Co-views in bounded memory against a count without bounds."""
from __future__ import annotations

import random
import subprocess
from collections.abc import Iterable

import pytest

from harness.also_read_reference import Scores, best, cosines
from harness.programs import binary
from harness.reader_traffic import FRONT_PAGE, ReaderTraffic

NOW_MS = 1_795_525_507_000
ARTICLES, READERS = 20_000, 131_072  # what the aggregator has
THOUSANDTH = 0.0005 + 1e-6

Lists = dict[str, list[tuple[str, float]]]


def check(visits: Iterable[tuple[int, str]], articles: int = ARTICLES, readers: int = READERS) -> tuple[Lists, int]:
    """What the program says, and the memory that it says it took."""
    lines = "".join(f"{NOW_MS} {reader} {article}\n" for reader, article in visits)
    done = subprocess.run([str(binary("pv-also-check")), str(articles), str(readers)], input=lines,
                          capture_output=True, text=True, check=True, timeout=300)
    lists: Lists = {}
    for line in done.stdout.splitlines():
        article, *rest = line.split("\t")
        lists[article] = [(other, float(score)) for other, score in zip(rest[::2], rest[1::2], strict=True)]
    print(done.stderr.strip())
    return lists, int(done.stderr.split(",")[1].split()[0])


def recall(lists: Lists, expected: dict[str, Scores], count: int = 5) -> float:
    """Which part of the best is there, over the articles that have so many; one that is as good counts as it."""
    found = wanted = 0
    for article, scores in expected.items():
        if len(scores) < count:
            continue
        lowest = scores[best(scores, count)[-1]]
        wanted += count
        found += sum(scores.get(other, 0) >= lowest for other, _ in lists.get(article, [])[:count])
    assert wanted > 0
    return found / wanted


@pytest.mark.parametrize("seed", range(5))
def test_cosines_are_those_of_a_count_without_bounds(seed: int) -> None:
    # Every article has fewer companions than are kept, and every reader is remembered.
    visits = ReaderTraffic(seed, topics=4, articles_of_topic=8).visits(readers=3_000)
    expected = cosines(visits)
    lists, _ = check(visits)
    assert lists.keys() == expected.keys()
    for article, told in lists.items():
        scores = expected[article]
        assert len(told) == min(10, len(scores))
        assert [score for _, score in told] == pytest.approx([scores[other] for other, _ in told], abs=THOUSANDTH)
        lowest = min(scores[other] for other, _ in told)
        assert all(scores[other] <= lowest + 2 * THOUSANDTH for other in scores.keys() - dict(told).keys())


def test_bounded_lists_are_nearly_those_without_bounds() -> None:
    visits = ReaderTraffic(1, topics=200, articles_of_topic=100).visits(readers=200_000)
    expected = cosines(visits)
    lists, _ = check(visits)
    found = recall(lists, expected)
    print(f"top 5 of {len(expected)} articles: {found:.3f}")
    assert found >= 0.9


def test_a_smaller_memory_says_less_and_nothing_wrong() -> None:
    visits = ReaderTraffic(2, topics=100, articles_of_topic=100).visits(readers=100_000)
    expected = cosines(visits)
    lists, small = check(visits, articles=1_000, readers=4_096)
    _, large = check(visits)
    assert small * 10 < large
    assert len(lists) <= 1_000
    for article, told in lists.items():
        for other, _ in told:
            assert other in expected[article], f"{other}: fewer than three people read it with {article}"


def test_front_page_is_hardly_ever_first() -> None:
    visits = ReaderTraffic(3, topics=50, articles_of_topic=50).visits(readers=100_000)
    lists, _ = check(visits)
    expected = cosines(visits)
    firsts = [told[0][0] for article, told in lists.items() if article != FRONT_PAGE and len(expected[article]) >= 5]
    assert len(firsts) > 500
    assert firsts.count(FRONT_PAGE) <= 0.02 * len(firsts)


def test_readers_who_are_forgotten_cost_no_wrong_pairs() -> None:
    # Two groups who share nothing, and a table of readers that holds a tenth of them.
    chance = random.Random(4)
    visits = [(reader, f"/{'ab'[reader % 2]}/{chance.randrange(20)}")
              for reader in (chance.randrange(20_000) for _ in range(300_000))]
    lists, _ = check(visits, readers=2_048)
    assert lists
    assert all(other[:3] == article[:3] for article, told in lists.items() for other, _ in told)
