"""From the things that a line of a log names to what the line says: written from docs/log-formats.md."""
from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from harness.access_log_line import split_request
from harness.log_time_reference import is_possible


@dataclass(frozen=True)
class Hit:
    """What a line says; None where it does not."""

    time_ms: int
    status: int
    no_consent: bool
    method: bytes
    target: bytes
    referrer: bytes | None = None
    user_agent: bytes | None = None
    address: bytes | None = None
    site: bytes | None = None
    purpose: bytes | None = None
    title: bytes | None = None
    section: bytes | None = None


Parser = Callable[[bytes], Hit | None]
Named = dict[str, bytes]
Things = dict[str, list[str]]


def is_void(text: bytes | None) -> bool:
    return text in (None, b"", b"-")


def unless_void(text: bytes | None) -> bytes | None:
    return None if is_void(text) else text


def best(said: Named, names: Iterable[str]) -> bytes | None:
    """The first that says something, or else whatever is there."""
    there = [said[name] for name in names if name in said]
    return next((text for text in there if not is_void(text)), there[0] if there else None)


def without_port(host: bytes | None) -> bytes | None:
    if is_void(host):
        return None
    assert host is not None
    match = re.fullmatch(rb"(.*\]|[^:]+):[0-9]+", host, re.DOTALL)
    bare = match[1] if match else host
    return None if is_void(bare) else bare


def encode_again(path: bytes) -> bytes:
    return re.sub(rb"[%?#]", lambda match: b"%%%02X" % match[0][0], path)


def with_query(target: bytes, query: bytes | None) -> bytes:
    if query is None or is_void(query):
        return target
    return target + (b"" if query.startswith(b"?") else b"?") + query


def find_target(said: Named, things: Things) -> bytes | None:
    found = {thing: best(said, things.get(thing, [])) for thing in ("target", "both", "path", "query")}
    if found["target"] is not None:
        return found["target"] if b"?" in found["target"] else with_query(found["target"], found["query"])
    if found["both"] is not None:
        if "uri? -" in said and b"?" not in found["both"]:
            return encode_again(re.sub(rb"(.)-\Z", rb"\1", found["both"], flags=re.DOTALL))
        path, mark, query = found["both"].partition(b"?")
        return encode_again(path) + mark + query
    return None if found["path"] is None else with_query(encode_again(found["path"]), found["query"])


def make_hit(said: Named, things: Things, time_ms: int | None) -> Hit | None:
    request, method = (best(said, things.get(thing, [])) for thing in ("request", "method"))
    target = find_target(said, things)
    if request is not None and not is_void(request):
        method, target = split_request(request)
    elif method is None or target is None:
        method, target = request, b""
    status = best(said, things["status"])
    if method is None or time_ms is None or not is_possible(time_ms):
        return None
    if status is None or not re.fullmatch(rb"[0-9]{3}", status):
        return None
    address = best(said, things["address"])
    if is_void(address):
        forwarded = (best(said, things["forwarded"]) or b"").rstrip(b" ")
        address = re.split(rb"[, ]", forwarded)[-1]
    return Hit(
        time_ms,
        int(status),
        any(best(said, things[thing]) == b"1" for thing in ("dnt", "gpc")),
        method,
        target,
        best(said, things["referrer"]),
        best(said, things["user_agent"]),
        without_port(address),
        without_port(best(said, things["site"])),
        *(unless_void(best(said, things[thing])) for thing in ("purpose", "title", "section")),
    )
