"""Logs with an object of JSON a line, taken apart without our own code: written from docs/log-formats.md."""
from __future__ import annotations

import json
import re
from collections.abc import Iterable

from harness.log_hit_reference import Hit, Named, best, is_void, make_hit
from harness.log_time_reference import any_time

MAX_NESTING = 32
JSON_THINGS = {
    "request": ["request"],
    "method": ["request_method", "method", "request/method"],
    "target": ["request_uri", "uri", "url", "request/uri", "path"],
    "query": ["args", "query_string"],
    "referrer": ["http_referer", "http_referrer", "referer", "referrer", "request/headers/referer"],
    "user_agent": ["http_user_agent", "user_agent", "useragent", "agent", "request/headers/user_agent"],
    "address": [
        "client_ip",
        "request/client_ip",
        "remote_addr",
        "request/remote_ip",
        "remote_ip",
        "request/remote_addr",
    ],
    "forwarded": ["http_x_forwarded_for", "request/headers/x_forwarded_for"],
    "site": ["host", "vhost", "request/host", "http_host", "request/headers/host", "server_name"],
    "purpose": ["http_sec_purpose", "request/headers/sec_purpose", "http_purpose", "request/headers/purpose"],
    "dnt": ["http_dnt", "request/headers/dnt"],
    "gpc": ["http_sec_gpc", "request/headers/sec_gpc"],
    "title": ["title", "sent_http_x_article_title", "resp_headers/x_article_title"],
    "section": ["section", "sent_http_x_article_section", "resp_headers/x_article_section"],
    "status": ["status", "status_code"],
    "time": ["msec", "ts", "timestamp", "@timestamp", "time_iso8601", "time_local", "time", "datetime"],
}


def unescape_json(text: bytes) -> bytes:
    """Raises ValueError for what is no escape of JSON."""
    kept = re.sub(rb"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u[dD][89a-fA-F]..|\\.", _without_half, text, flags=re.DOTALL)
    quoted = re.sub(rb'(\\.)|"|[\x00-\x1f]', lambda match: match[1] or b"\\u%04x" % match[0][0], kept, flags=re.DOTALL)
    value = json.loads('"' + quoted.decode("utf-8", "surrogateescape") + '"')
    return str(value).encode("utf-8", "surrogateescape")


def _without_half(match: re.Match[bytes]) -> bytes:
    half = len(match[0]) == 6 and re.fullmatch(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}", match[0])
    return b"\\ufffd" if half else match[0]


class Number(str):
    """A number of JSON as it is written."""


class Object(list[tuple[str, object]]):
    """The members of an object of JSON, in their order."""


def _refuse(word: str) -> object:
    raise ValueError(word)


def json_texts(value: object) -> list[bytes]:
    """Of an array every text and number counts."""
    if isinstance(value, list) and not isinstance(value, Object):
        return [text for item in value for text in json_texts(item)]
    return [value.encode("utf-8", "surrogateescape")] if isinstance(value, str) else []


def json_names(members: Object, place: str = "") -> Iterable[tuple[str, bytes]]:
    for name, value in members:
        known = place + name.lower().replace("-", "_")
        if isinstance(value, Object):
            if known in ("request", "request/headers", "resp_headers"):
                yield from json_names(value, known + "/")
            continue
        for text in json_texts(value):
            yield known, text


def depth_of(value: object) -> int:
    if isinstance(value, Object):
        return 1 + max((depth_of(item) for _, item in value), default=0)
    return 1 + max(map(depth_of, value), default=0) if isinstance(value, list) else 0


def json_hit(line: bytes) -> Hit | None:
    kept = re.sub(rb"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u[dD][89a-fA-F]..|\\.", _without_half, line, flags=re.DOTALL)
    try:
        value = json.loads(
            kept.removesuffix(b"\r").decode("utf-8", "surrogateescape"),
            object_pairs_hook=Object,
            parse_int=Number,
            parse_float=Number,
            parse_constant=_refuse,
        )
    except ValueError:
        return None
    if not isinstance(value, Object) or depth_of(value) > MAX_NESTING:
        return None
    said: Named = {}
    for name, text in json_names(value):
        if not is_void(text) or is_void(said.get(name)):
            said[name] = text
    return make_hit(said, JSON_THINGS, any_time(best(said, JSON_THINGS["time"])))
