"""The snippets of etc/, with their paths and addresses exchanged for a test's own."""
from __future__ import annotations

from collections.abc import Mapping

from harness.page_view_policy import REPOSITORY


def render(name: str, exchanged: Mapping[str, str]) -> str:
    """The text of etc/`name`. Each text to be exchanged has to be in it: what is tested is what is shipped."""
    text = (REPOSITORY / "etc" / name).read_text(encoding="utf-8")
    for shipped, own in exchanged.items():
        assert shipped in text, f"etc/{name} no longer has {shipped!r}"
        text = text.replace(shipped, own)
    return text
