"""etc/spiders.txt, by Python's own regular expressions, against user agents whose kind we know: a few of our
choice, and the lists that others keep, as packages of npm (tests/npm/package.json)."""
from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from harness.page_view_policy import REPOSITORY, Policy, read_spider_patterns

DATA = Path(__file__).resolve().parents[1] / "data"
NPM = Path(os.environ.get("PV_NPM", REPOSITORY / "build" / "deps" / "npm")) / "node_modules"

LEAST_RECALL = 0.99
MOST_FALSE_ALARMS = 0.001


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


def npm_list(path: str) -> Any:
    """Of a package that ./run test installs."""
    return json.loads((NPM / path).read_text(encoding="utf-8"))


def published_spiders() -> list[str]:
    kinds = npm_list("crawler-user-agents/crawler-user-agents.json")
    return sorted({agent for kind in kinds for agent in kind["instances"]})


def published_browsers() -> list[str]:
    """Of the visitors of many sites (user-agents), and the most frequent ones (top-user-agents)."""
    visitors = {visitor["userAgent"] for visitor in npm_list("user-agents/dist/user-agents.json")}
    return sorted(visitors.union(npm_list("top-user-agents/src/index.json")))


def test_published_spiders_are_recognised(policy: Policy, capsys: pytest.CaptureFixture[str]) -> None:
    agents = published_spiders()
    missed = [agent for agent in agents if policy.agent_of(agent.encode()) != "spider"]
    recall = 1 - len(missed) / len(agents)
    with capsys.disabled():
        print(f"\nspiders: recall {recall:.2%} of {len(agents)} robots in crawler-user-agents, {len(missed)} missed")
    assert len(agents) >= 2000
    assert recall >= LEAST_RECALL, missed


def test_published_browsers_raise_no_alarm(policy: Policy, capsys: pytest.CaptureFixture[str]) -> None:
    agents = published_browsers()
    alarms = [agent for agent in agents if policy.agent_of(agent.encode()) != "user"]
    share = len(alarms) / len(agents)
    with capsys.disabled():
        print(f"\nspiders: {share:.2%} false alarms of {len(agents)} browsers in user-agents and top-user-agents")
    assert len(agents) >= 900
    assert share <= MOST_FALSE_ALARMS, alarms


def test_list_is_short() -> None:
    patterns = read_spider_patterns()
    assert len(patterns) == len(set(patterns)) <= 80
