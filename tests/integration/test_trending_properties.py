"""The ranker's lists equal a recount of every view: members, order, and scores to the last bit."""
from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from harness import trending_reference
from harness.rank_check import RankCheck, Refresh

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
START_MS = 1_795_478_400_000  # 2026-11-24T00:00:00Z


class Site:
    """Random traffic of which every view is remembered; its commits go to pv-rank-check."""

    def __init__(self, rank: RankCheck, rng: random.Random, articles: int, sections: int) -> None:
        self.rank, self.rng = rank, rng
        self.now_ms = START_MS
        rank.tell(f"now {self.now_ms}")
        self.monotonic_ms = 0
        self.views: list[trending_reference.View] = []
        self.sections: dict[str, str] = {}
        self.seen: dict[tuple[str, str | None], list[tuple[str, float]]] = {}
        self.section_names = [f"s{i}" for i in range(sections)]
        # Ids that are prefixes of one another, and some beyond ASCII: ties are by their bytes.
        self.articles = [f"/{i % 40:x}{'/é' if i % 7 == 0 else ''}{'/x' * (i // 40)}" for i in range(articles)]
        self.weights = [1 / (1 + rank_of) for rank_of in range(articles)]
        for article in self.articles:
            self.move(article)

    def move(self, article: str) -> None:
        """To a random section, which the ranker notices with the article's next view."""
        if self.section_names and self.rng.random() < 0.9:
            self.sections[article] = self.rng.choice(self.section_names)
            self.rank.tell(f"section {article} {self.sections[article]}")

    def step(self, step_ms: int) -> None:
        self.now_ms += step_ms
        self.rank.tell(f"now {self.now_ms}")

    def view(self, article: str, ts_ms: int, count: int = 1) -> None:
        self.views.append((ts_ms, article, count))
        self.rank.tell(f"view {ts_ms} {article} {count}")

    def view_some(self, views: int, first_ms: int, last_ms: int) -> None:
        for article in self.rng.choices(self.articles, self.weights, k=views):
            self.view(article, self.rng.randint(first_ms, last_ms), self.rng.choice((1, 1, 1, 2, 5)))

    def refresh(self) -> Refresh:
        done = self.rank.refresh(self.now_ms, self.monotonic_ms)
        assert done.status == 0
        return done

    def check(self) -> None:
        """Also: what was not reported as changed is what it was."""
        expected = trending_reference.lists(self.views, self.sections, self.now_ms)
        for name in trending_reference.LISTS:
            for section in (None, *self.section_names):
                found, changed = self.rank.entries(name, section)
                assert found == expected[name].get(section, []), (name, section, self.now_ms)
                assert changed or found == self.seen.get((name, section), []), (name, section, self.now_ms)
                self.seen[name, section] = found


@pytest.fixture
def rank() -> Iterator[RankCheck]:
    with RankCheck() as started:
        yield started




@pytest.mark.parametrize("seed", [1, 2])
def test_lists_equal_a_recount_over_sixty_days_of_anything(rank: RankCheck, seed: int) -> None:
    print(f"seed {seed}")
    rng = random.Random(seed)
    site = Site(rank, rng, articles=300, sections=5)
    checks = 0
    while site.now_ms < START_MS + 60 * DAY:
        phase = rng.random()
        if phase < 0.45:  # awake: a refresh every few seconds or minutes
            steps = [rng.choice((1, 5, 20, 45, 60, 61, 120)) * SECOND for _ in range(rng.randint(5, 60))]
        elif phase < 0.6:  # up to a new hour or day, and over it
            to_border = -site.now_ms % rng.choice((HOUR, DAY))
            steps = [max(to_border - 90 * SECOND, SECOND), *[rng.choice((20, 40, 60)) * SECOND for _ in range(8)]]
        elif phase < 0.7:  # nothing happens at all
            site.step(rng.randint(MINUTE, 8 * HOUR))
            steps = []
        else:
            steps = [rng.randint(1, rng.choice((10 * MINUTE, 5 * HOUR, DAY)))]
        busy = rng.choice((0, 1, 3, 30))
        for step_ms in steps:
            before_ms = site.now_ms
            site.step(step_ms)
            site.view_some(rng.randint(0, busy), before_ms, site.now_ms)
            if rng.random() < 0.1:  # clocks differ, and a log is read late
                site.view_some(2, site.now_ms, site.now_ms + 5 * MINUTE - 1)
            if rng.random() < 0.02:
                site.view_some(3, site.now_ms - rng.choice((3 * MINUTE, HOUR, DAY, 5 * DAY)), site.now_ms)
            if rng.random() < 0.05:
                rank.tell(f"twice {rng.randint(0, 1)}")
            if rng.random() < 0.1:  # one article in the news
                site.view(rng.choice(site.articles), site.now_ms, rng.randint(10, 1000))
            if rng.random() < 0.1:
                moved = rng.choice(site.articles)
                site.move(moved)
                site.view(moved, site.now_ms)
            site.monotonic_ms += step_ms if rng.random() < 0.02 else 0
            site.refresh()
            if rng.random() < 0.02:
                site.check()
                checks += 1
    site.refresh()
    site.check()
    print(f"{len(site.views)} views, {checks} checks")


def test_what_leaves_the_windows_is_subtracted_without_a_rebuild(rank: RankCheck) -> None:
    rng = random.Random(3)
    site = Site(rank, rng, articles=40, sections=2)
    site.refresh()
    while site.now_ms < START_MS + 34 * DAY:
        step_ms = rng.choice((60, 110, 120)) * SECOND
        before_ms = site.now_ms
        site.step(step_ms)
        # A burst each few hours, and silence else.
        hour = site.now_ms // HOUR
        if hour % 5 == 0 or hour % 24 in (23, 0, 1):
            site.view_some(rng.randint(0, 2), before_ms, site.now_ms)
        done = site.refresh()
        assert done.reads <= 10  # four minutes; two minutes, three hours and a day leave
        if rng.random() < 0.001:
            site.check()
    site.check()
    assert (done.rebuilds, done.why) == (1, "start")


def test_lists_equal_a_recount_with_more_articles_than_places(rank: RankCheck) -> None:
    """The leaders' views come first and leave 1h first, so that those come up that had no place."""
    rng = random.Random(4)
    site = Site(rank, rng, articles=7000, sections=3)
    for article in site.articles:
        site.view(article, site.now_ms - rng.randint(1, 20) * HOUR, rng.randint(1, 300))
    site.refresh()
    site.check()
    for minute in range(100):
        site.step(MINUTE)
        for article in site.articles[minute * 200 : (minute + 1) * 200]:
            site.view(article, site.now_ms, rng.randint(1, 600 - 15 * minute))
        for article in rng.sample(site.articles, 10):
            site.move(article)
            site.view(article, site.now_ms, rng.randint(1, 100))
        done = site.refresh()
        if minute > 60 and minute % 4 == 0 or minute % 20 == 0:
            site.check()
    assert done.rebuilds == 1


def test_commits_during_a_refresh_are_in_the_next_one(rank: RankCheck) -> None:
    rng = random.Random(5)
    site = Site(rank, rng, articles=30, sections=2)
    for i in range(1500):
        site.step(rng.choice((0, 0, 20, 60)) * SECOND)
        for _ in range(rng.choice((0, 0, 1, 3))):
            age_ms = rng.choice((0, 0, MINUTE, 2 * MINUTE, 3 * MINUTE, HOUR, 3 * HOUR))
            view = (site.now_ms - rng.randint(0, age_ms), rng.choice(site.articles), rng.randint(1, 3))
            site.views.append(view)
            rank.tell(f"later {rng.randint(0, rng.choice((3, 6, 300)))} {view[0]} {view[1]} {view[2]}")
        site.refresh()
        if rng.random() < 0.3:
            site.refresh()
            site.check()


def test_lost_commits_leave_the_lists(rank: RankCheck) -> None:
    rng = random.Random(6)
    site = Site(rank, rng, articles=50, sections=2)
    for _ in range(60):
        site.step(rng.choice((1, 60)) * SECOND)
        site.view_some(10, site.now_ms - 70 * SECOND, site.now_ms)
        site.refresh()
        lost = rng.randint(1, 15)
        rank.tell(f"undo {lost}")
        del site.views[-lost:]
        assert site.refresh().why == "rollback"
        site.check()


def test_lost_commits_that_came_again_are_seen_though_they_are_as_many(rank: RankCheck) -> None:
    """What was lost is sent again in fewer calls, and something new with it: as many commits, and late ones, as before."""
    rng = random.Random(9)
    site = Site(rank, rng, articles=50, sections=2)
    for _ in range(60):
        site.step(rng.choice((1, 60)) * SECOND)
        site.view_some(10, site.now_ms - 70 * SECOND, site.now_ms)
        site.refresh()
        early_ms, (lost, new) = site.now_ms - 3 * HOUR, rng.sample(site.articles, 2)
        for _ in range(2):
            rank.tell(f"view {early_ms} {lost} 1")
        site.refresh()
        rank.tell("undo 2")
        site.view(lost, early_ms, 2)
        site.view(new, early_ms, 1)
        assert site.refresh().why == "rollback"
        site.check()


def test_clock_that_is_set_back_takes_the_minutes_ahead_out_again(rank: RankCheck) -> None:
    rng = random.Random(7)
    site = Site(rank, rng, articles=50, sections=2)
    for _ in range(40):
        before_ms = site.now_ms
        site.step(rng.randint(1, 40 * MINUTE))
        site.view_some(20, before_ms, site.now_ms)
        site.refresh()
        site.check()
        latest_ms = site.now_ms
        site.now_ms -= rng.randint(1, 40 * MINUTE)
        site.refresh()
        site.check()
        site.now_ms = latest_ms


def test_failed_read_gives_no_lists_and_the_next_refresh_makes_up_for_it(rank: RankCheck) -> None:
    rng = random.Random(8)
    site = Site(rank, rng, articles=50, sections=2)
    site.refresh()
    site.check()
    for _ in range(60):
        before_ms = site.now_ms
        site.step(rng.choice((20, 60, 600)) * SECOND)
        site.view_some(10, before_ms, site.now_ms)
        rank.tell(f"fail {rng.randint(0, 3)}")
        assert rank.refresh(site.now_ms).status != 0
        assert rank.entries("24h") == ([], False)
        site.refresh()
        site.check()


def test_idle_site_is_not_read(rank: RankCheck) -> None:
    site = Site(rank, random.Random(9), articles=10, sections=1)
    site.view_some(10, site.now_ms, site.now_ms)
    assert site.refresh().reads > 2
    site.check()
    site.step(SECOND)
    assert site.refresh() == Refresh(0, 1, 0, 0, "start")
    assert not any(rank.entries(name)[1] for name in trending_reference.LISTS)
    site.view_some(1, site.now_ms, site.now_ms)
    assert site.refresh().reads == 2
    assert rank.entries("1h")[1]


def test_rebuild_comes_with_the_period_and_on_request(rank: RankCheck) -> None:
    site = Site(rank, random.Random(10), articles=10, sections=1)
    assert rank.refresh(site.now_ms, 5000).rebuilds == 1
    assert rank.refresh(site.now_ms, 5000 + 599_999).rebuilds == 1
    assert rank.refresh(site.now_ms, 5000 + 600_000).why == "period"
    rank.tell("rebuild")
    assert rank.refresh(site.now_ms, 5000 + 600_001).why == "request"
    assert rank.refresh(site.now_ms, 5000 + 600_002).rebuilds == 3


@pytest.mark.parametrize(("minutes", "why"), [(10, "start"), (11, "clock_jump")])
def test_minutes_that_no_refresh_saw_are_made_up_for(rank: RankCheck, minutes: int, why: str) -> None:
    rng = random.Random(13)
    site = Site(rank, rng, articles=50, sections=2)
    site.now_ms -= rng.randint(1, 20) * MINUTE
    for _ in range(8):
        site.refresh()
        before_ms = site.now_ms - site.now_ms % MINUTE - MINUTE  # open at the refresh just done
        site.step(minutes * MINUTE)
        site.view_some(50, before_ms, site.now_ms)
        assert site.refresh().why == why
        site.check()


def test_empty_section_is_given_out_once_and_then_forgotten(rank: RankCheck) -> None:
    site = Site(rank, random.Random(11), articles=2, sections=0)
    for section in ("left", "right"):
        rank.tell(f"section /0/é {section}")
        site.view("/0/é", site.now_ms)
        site.refresh()
    assert rank.sections() == ["left", "right"]
    rank.tell("rebuild")
    site.refresh()
    assert rank.sections() == ["left", "right"]
    assert [rank.entries(name, "left") for name in trending_reference.LISTS] == 6 * [([], True)]
    rank.tell("rebuild")
    site.refresh()
    assert rank.sections() == ["right"]
    assert rank.entries("1h", "right") == ([("/0/é", 2.0)], True)


def test_other_articles_together_are_in_no_list(rank: RankCheck) -> None:
    site = Site(rank, random.Random(12), articles=1, sections=0)
    site.view("(other)", site.now_ms, 100)
    site.view("/0/é", site.now_ms, 1)
    site.refresh()
    assert rank.entries("1h") == ([("/0/é", 1.0)], True)
