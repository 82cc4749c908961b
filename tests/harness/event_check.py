"""What the C parser makes of an event: asked of the development tool pv-event-check."""
from __future__ import annotations

import struct
import subprocess

from harness.lifetime import tied
from harness.programs import binary

NOW_MS = 1_795_525_507_123  # 2026-11-24T13:05:07.123Z
NO_TIMESTAMP = -1
DEADLINE_S = 120


def check_events(events: list[tuple[bytes, int]], now_ms: int = NOW_MS) -> list[str]:
    """For each value and message timestamp "REASON", or "none TS AGENT ARTICLE" with the article in hexadecimal."""
    stdin = b"".join(struct.pack(">qI", ts_ms, len(value)) + value for value, ts_ms in events)
    done = subprocess.run(
        tied([binary("pv-event-check"), str(now_ms)]), input=stdin, capture_output=True, timeout=DEADLINE_S, check=False
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    answers = done.stdout.decode("ascii").splitlines()
    assert len(answers) == len(events)
    return answers
