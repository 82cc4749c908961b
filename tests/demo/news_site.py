"""The news site of examples/ as a child process, and its parts for those who write its past."""
from __future__ import annotations

import sys
from pathlib import Path

from harness.page_view_policy import REPOSITORY

DIRECTORY = REPOSITORY / "examples" / "news-site"
sys.path.insert(0, str(DIRECTORY))

from access_log import FORMAT, behind_the_time, escaped, time_local
from newspaper import Article, Newspaper

__all__ = ["ARTICLE_PATTERN", "FORMAT", "Article", "Newspaper", "behind_the_time", "command", "escaped", "time_local"]

# The front page and those of sections are views too, but would be first in every list.
ARTICLE_PATTERN = "^/[^/]+/"


def command(port: int, log: Path, views: str) -> list[str]:
    return [sys.executable, str(DIRECTORY / "serve.py"), f"--port={port}", f"--log={log}", f"--views={views}"]
