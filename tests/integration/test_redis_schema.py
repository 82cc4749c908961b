"""docs/redis-schema.md names every key that the programs and their Redis functions make."""
from __future__ import annotations

import re

from harness.page_view_policy import REPOSITORY
from harness.programs import function_library


def documented() -> set[str]:
    """What stands behind "pv:" in the tables of keys, up to the first part that varies."""
    text = (REPOSITORY / "docs" / "redis-schema.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `pv:")]
    return {name for row in rows for name in re.findall(r"`pv:([a-z_]+)", row)}


def made_by_functions() -> set[str]:
    text = function_library().read_text(encoding="utf-8")
    swapped = re.search(r"^local SWAPPED = {([^}]*)}", text, re.MULTILINE)
    assert swapped is not None
    named = re.findall(r"(?:prefix|live|shadow) \.\. '([a-z_]+)", text)
    return set(named) | set(re.findall(r"'([a-z_]+)'", swapped[1]))


def made_by_programs() -> set[str]:
    text = (REPOSITORY / "pageview" / "keys.c").read_text(encoding="utf-8")
    named = set(re.findall(r'name_(?:bucket_)?key\(prefix, "([a-z_]+)"', text))
    return named | set(re.findall(r'"(?:%\.\*s|%s)([a-z_]+):', text))


def test_every_key_of_the_functions_is_in_the_document() -> None:
    names = made_by_functions()
    assert {"views", "buckets", "new_articles", "caught_up", "watermarks", "meta"} <= names, names
    assert names <= documented(), names - documented()


def test_every_key_of_the_programs_is_in_the_document() -> None:
    names = made_by_programs()
    assert {"views", "site", "trending", "article", "visitors", "ranker", "rebuild"} <= names, names
    assert names <= documented(), names - documented()


def test_keys_that_have_no_function_of_their_own_are_told_of_in_the_header() -> None:
    header = (REPOSITORY / "pageview" / "keys.h").read_text(encoding="utf-8")
    for name in made_by_functions() - made_by_programs():
        assert f'"{name}' in header, name
