"""The real logrotate on a private configuration and state."""
from __future__ import annotations

import subprocess
from pathlib import Path

from harness.lifetime import tied


class Logrotate:
    """`config` is a rendered snippet of etc/logrotate.d, or one of a test's own."""

    def __init__(self, directory: Path, config: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._config = directory / "logrotate.conf"
        self._state = directory / "logrotate.state"
        self._config.write_text(config, encoding="utf-8")
        # logrotate reads none that others may write to.
        self._config.chmod(0o644)
        self.rotations = 0

    def rotate(self) -> None:
        """Whether it is due or not."""
        command = ["/usr/sbin/logrotate", "--force", "--verbose", f"--state={self._state}", str(self._config)]
        done = subprocess.run(tied(command), capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0 and "error:" not in done.stderr, f"logrotate failed:\n{done.stdout}{done.stderr}"
        self.rotations += 1
