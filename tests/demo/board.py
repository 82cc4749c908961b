"""What moves, in the terminal: lists side by side, each article with how far it moved in the last seconds."""
from __future__ import annotations

import itertools
import sys
import time
from collections import deque
from collections.abc import Callable

SHOWN_LISTS = ("1h", "hot", "rising")
MOVED_SINCE_S = 5.0


def shortened(article: str, width: int) -> str:
    """The end of an article tells more than its beginning."""
    return article if len(article) <= width else "…" + article[len(article) - width + 1:]


class TrendingBoard:
    """`read` gives the first articles of a list with their scores."""

    def __init__(self, read: Callable[[str, int], list[tuple[str, float]]]) -> None:
        self._read = read
        self._seen: deque[tuple[float, dict[str, dict[str, int]]]] = deque()

    @staticmethod
    def mark(rank: int, before: int | None) -> str:
        if before is None:
            return "new"
        return "" if before == rank else f"{'▲' if before > rank else '▼'}{abs(before - rank)}"

    def lines(self, columns: int, rows: int) -> list[str]:
        width = (columns - 4) // 3
        # A list is read further than it is shown: an article may come from below.
        read = {name: self._read(name, 100) for name in SHOWN_LISTS}
        before = self._earlier({name: {one: at for at, (one, _) in enumerate(entries)}
                                for name, entries in read.items()})
        shown = [
            [f"{self.mark(rank, before[name].get(article) if before[name] else rank):>3}{score:>8.1f} "
             f"{shortened(article, width - 12)}"
             for rank, (article, score) in enumerate(read[name][:rows])]
            for name in SHOWN_LISTS
        ]
        heads = [f"     score trending {name}" for name in SHOWN_LISTS]
        body = itertools.islice(itertools.zip_longest(*shown, fillvalue=""), rows)
        table = ["  ".join(f"{cell:<{width}.{width}}" for cell in row).rstrip() for row in (heads, *body)]
        return table + [""] * (rows + 1 - len(table))

    def _earlier(self, ranks: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
        """The ranks of some seconds ago, or the oldest there are."""
        now_s = time.monotonic()
        self._seen.append((now_s, ranks))
        while len(self._seen) > 1 and self._seen[1][0] <= now_s - MOVED_SINCE_S:
            self._seen.popleft()
        return self._seen[0][1]


def show(lines: list[str], drawn: int) -> int:
    """Prints the block, over the last one of `drawn` lines where there is a terminal. Returns its height."""
    if drawn and sys.stdout.isatty():
        sys.stdout.write(f"\x1b[{drawn}F\x1b[J")
    print("\n".join(lines), flush=True)
    return len(lines)
