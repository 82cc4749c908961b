"""Times in lines of logs: what strftime's letters and the servers' words stand for, and how the parts make a time."""
from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from harness.access_log_line import MONTHS

TIME_LIMIT_MS = 10**14

PARTS = {
    "d": r"(?P<day>[0-9]{2})", "e": r"(?P<day>[0-9]{2}| [0-9])",
    "b": r"(?P<name>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)", "m": r"(?P<month>[0-9]{2})",
    "Y": r"(?P<year>[0-9]{4})", "H": r"(?P<hour>[0-9]{2})", "M": r"(?P<minute>[0-9]{2})", "S": r"(?P<second>[0-9]{2})",
    "z": r"(?P<zone>Z|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])",
    "s": r"(?=[0-9]{1,18}(?![0-9]))0*(?P<sec>[0-9]{1,11})(?![0-9])", "T": "%H:%M:%S", "R": "%H:%M", "F": "%Y-%m-%d",
    "%": "%",
}  # fmt: skip
WORDS = {
    "sec": PARTS["s"], "msec": r"(?P<msec>[0-9]{1,18}(?![0-9]))", "usec": r"(?P<usec>[0-9]{1,18}(?![0-9]))",
    "msec_frac": r"(?P<msec_frac>[0-9]{3})", "usec_frac": r"(?P<usec_frac>[0-9]{6})",
}  # fmt: skip
LOCAL = "%d/%b/%Y:%H:%M:%S %z"
NGINX_TIMES = {
    "time_local": LOCAL,
    "time_iso8601": "%Y-%m-%dT%H:%M:%S%z",
}
DECIMALS = r"(?:\.(?P<decimals>[0-9]+))?"


def time_regex(pattern: str) -> str:
    text = re.sub(r"%([TRF])", lambda match: PARTS[match[1]], pattern)
    pieces = re.split(r"(%.)", text)
    return "".join(PARTS[piece[1]] if piece.startswith("%") else re.escape(piece) for piece in pieces if piece)


LOCAL_SHAPE = time_regex(LOCAL).replace(":?", "")


def civil_ms(parts: dict[str, bytes]) -> int | None:
    zone = parts.get("zone", b"Z")
    ahead = 0 if zone == b"Z" else int(zone[1:3]) * 60 + int(zone[-2:])
    month = MONTHS.index(parts["name"]) + 1 if "name" in parts else int(parts["month"])
    try:
        when = datetime(
            int(parts["year"]),
            month,
            int(parts["day"]),
            int(parts["hour"]),
            int(parts["minute"]),
            int(parts["second"]),
            tzinfo=timezone.utc,
        )
    except ValueError:
        return None
    seconds = (when - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(seconds=1)
    return (seconds - 60 * (-ahead if zone.startswith(b"-") else ahead)) * 1000


def time_of(parts: dict[str, bytes]) -> int | None:
    fraction = int(parts.get("msec_frac", b"0")) or int(parts.get("usec_frac", b"0")) // 1000
    if "decimals" in parts:
        fraction = int(parts["decimals"][:3].ljust(3, b"0"))
    if "msec" in parts:
        return int(parts["msec"])
    if "usec" in parts:
        return int(parts["usec"]) // 1000
    whole = int(parts["sec"]) * 1000 if "sec" in parts else civil_ms(parts)
    return None if whole is None else whole + fraction


def is_possible(time_ms: int | None) -> bool:
    return time_ms is not None and 0 <= time_ms < TIME_LIMIT_MS


ANY_TIMES = [
    re.compile(time_regex(LOCAL).encode()),
    re.compile((time_regex("%Y-%m-%d") + "[T ]" + time_regex("%H:%M:%S") + DECIMALS + PARTS["z"]).encode()),
]


def any_time(text: bytes | None) -> int | None:
    """In words, or a number since the epoch: its size says of what."""
    if text is None:
        return None
    for pattern in ANY_TIMES:
        match = pattern.fullmatch(text)
        if match:
            return time_of({key: value for key, value in match.groupdict().items() if value is not None})
    match = re.fullmatch(rb"([0-9]{1,20})(?:\.([0-9]+))?", text)
    if match is None:
        return None
    digits = len(match[1])
    if digits <= 11:
        return int(match[1]) * 1000 + int((match[2] or b"").ljust(3, b"0")[:3])
    return int(match[1]) // (1 if digits <= 14 else 1000 if digits <= 17 else 10**6)
