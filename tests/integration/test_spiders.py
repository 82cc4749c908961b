"""etc/spiders.txt, by Python's own regular expressions, against user agents whose kind we know."""
from __future__ import annotations

from pathlib import Path

import pytest

from harness.page_view_policy import Policy, read_spider_patterns

DATA = Path(__file__).resolve().parents[1] / "data"


def user_agents(name: str) -> list[str]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


SPIDERS = user_agents("user_agents_spiders.txt")
BROWSERS = user_agents("user_agents_browsers.txt")


@pytest.fixture(scope="module")
def policy() -> Policy:
    return Policy()


def test_every_known_spider_is_recognised(policy: Policy) -> None:
    assert len(SPIDERS) >= 50
    assert [agent for agent in SPIDERS if policy.agent_of(agent.encode()) != "spider"] == []


def test_no_browser_is_taken_for_a_spider(policy: Policy) -> None:
    assert len(BROWSERS) >= 50
    assert [agent for agent in BROWSERS if policy.agent_of(agent.encode()) != "user"] == []


def test_list_is_short() -> None:
    patterns = read_spider_patterns()
    assert len(patterns) == len(set(patterns)) <= 80
