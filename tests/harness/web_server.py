"""The writer of an access log: appends lines and is rotated as web servers are."""
from __future__ import annotations

import gzip
import shutil
from collections import Counter
from pathlib import Path

from harness.log_lines import numbered_lines
from harness.page_view_policy import Policy
from harness.weblog_recount import recount_lines


class WebServer:
    """Keeps the log open, as a web server does, until told to open it anew."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._log = path.open("ab", buffering=0)
        self._written = bytearray()
        self._pages = 0

    def write(self, data: bytes) -> None:
        """`data` may end in the middle of a line."""
        self._log.write(data)
        self._written += data

    def write_views(self, count: int = 20) -> None:
        """Views of articles that no other call writes."""
        self._pages += 1
        self.write(numbered_lines(f"page-{self._pages}", count))

    def rename(self, suffix: str = ".1") -> Path:
        """Moves the log away while this server still writes to it."""
        return self.path.rename(self.rotated(suffix))

    def reopen(self) -> None:
        """What a web server does on its signal after a rename."""
        self._log.close()
        self._log = self.path.open("ab", buffering=0)

    def rotate(self) -> None:
        """One turn of logrotate: access.log.1 becomes access.log.2, and so on."""
        for number in range(8, 0, -1):
            for end in ("", ".gz"):
                old = self.rotated(f".{number}{end}")
                if old.exists():
                    old.rename(self.rotated(f".{number + 1}{end}"))
        self.rename()
        self.reopen()

    def copy_and_truncate(self) -> None:
        """logrotate's copytruncate."""
        shutil.copyfile(self.path, self.rotated(".1"))
        self._log.truncate(0)

    def compress(self, suffix: str) -> None:
        """logrotate's compress: the plain file goes once the zipped one is whole."""
        plain = self.rotated(suffix)
        self.rotated(f"{suffix}.gz").write_bytes(gzip.compress(plain.read_bytes()))
        plain.unlink()

    def rotated(self, suffix: str) -> Path:
        return self.path.with_name(self.path.name + suffix)

    def written(self) -> Counter[str]:
        """The views in all whole lines written so far, wherever they now are."""
        lines = bytes(self._written).split(b"\n")[:-1]
        return recount_lines(lines, Policy()).counts.articles

    def close(self) -> None:
        self._log.close()
