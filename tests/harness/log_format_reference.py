"""Log formats given literally and JSON logs, taken apart without our own code: one regular expression a format.

Written from docs/log-formats.md and from what nginx, Apache and Caddy say of their logs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from harness.access_log_line import MONTHS, split_request, unescape

TIME_LIMIT_MS = 10**14
MAX_NESTING = 32


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


Parser = Callable[[bytes], Hit | None]
Named = dict[str, bytes]

# Of the names of one thing the best first.
NGINX_THINGS = {
    "request": ["request"],
    "method": ["request_method"],
    "target": ["request_uri"],
    "path": ["uri", "document_uri"],
    "query": ["args", "query_string"],
    "both": ["uri?", "uri? -"],  # without a query nginx writes "-" in its place, unless escape= says otherwise
    "referrer": ["http_referer"],
    "user_agent": ["http_user_agent"],
    "address": ["remote_addr"],
    "forwarded": ["http_x_forwarded_for"],
    "site": ["host", "http_host", "server_name"],
    "purpose": ["http_sec_purpose", "http_purpose"],
    "dnt": ["http_dnt"],
    "gpc": ["http_sec_gpc"],
    "status": ["status"],
}
APACHE_THINGS = {
    "request": ["r"],
    "method": ["m"],
    "path": ["U"],
    "query": ["q"],
    "both": ["U%q"],
    "referrer": ["referer i"],
    "user_agent": ["user-agent i"],
    "address": ["a", "h", "c a"],
    "forwarded": ["x-forwarded-for i"],
    "site": ["v", "V", "host i"],
    "purpose": ["sec-purpose i", "purpose i"],
    "dnt": ["dnt i"],
    "gpc": ["sec-gpc i"],
    "status": [">s", "s"],
}
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
    "status": ["status", "status_code"],
    "time": ["msec", "ts", "timestamp", "@timestamp", "time_iso8601", "time_local", "time", "datetime"],
}


def is_void(text: bytes | None) -> bool:
    return text in (None, b"", b"-")


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


def find_target(said: Named, things: dict[str, list[str]]) -> bytes | None:
    found = {thing: best(said, things.get(thing, [])) for thing in ("target", "both", "path", "query")}
    if found["target"] is not None:
        return found["target"] if b"?" in found["target"] else with_query(found["target"], found["query"])
    if found["both"] is not None:
        if "uri? -" in said and b"?" not in found["both"]:
            return encode_again(re.sub(rb"(.)-\Z", rb"\1", found["both"], flags=re.DOTALL))
        path, mark, query = found["both"].partition(b"?")
        return encode_again(path) + mark + query
    return None if found["path"] is None else with_query(encode_again(found["path"]), found["query"])


def is_possible(time_ms: int | None) -> bool:
    return time_ms is not None and 0 <= time_ms < TIME_LIMIT_MS


def make_hit(said: Named, things: dict[str, list[str]], time_ms: int | None) -> Hit | None:
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
    address, purpose = best(said, things["address"]), best(said, things["purpose"])
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
        None if is_void(purpose) else purpose,
    )


# Times: what strftime's letters stand for, and how the parts make a time.
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


def civil_ms(parts: Named) -> int | None:
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


def time_of(parts: Named) -> int | None:
    fraction = int(parts.get("msec_frac", b"0")) or int(parts.get("usec_frac", b"0")) // 1000
    if "decimals" in parts:
        fraction = int(parts["decimals"][:3].ljust(3, b"0"))
    if "msec" in parts:
        return int(parts["msec"])
    if "usec" in parts:
        return int(parts["usec"]) // 1000
    whole = int(parts["sec"]) * 1000 if "sec" in parts else civil_ms(parts)
    return None if whole is None else whole + fraction


@dataclass(frozen=True)
class Variable:
    name: str
    shape: str | None = None  # of a time, a status or a protocol


Token = bytes | Variable


def unescape_json(text: bytes) -> bytes:
    """Raises ValueError for what is no escape of JSON."""
    kept = re.sub(rb"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u[dD][89a-fA-F]..|\\.", _without_half, text, flags=re.DOTALL)
    quoted = re.sub(rb'(\\.)|"|[\x00-\x1f]', lambda match: match[1] or b"\\u%04x" % match[0][0], kept, flags=re.DOTALL)
    value = json.loads('"' + quoted.decode("utf-8", "surrogateescape") + '"')
    return str(value).encode("utf-8", "surrogateescape")


def _without_half(match: re.Match[bytes]) -> bytes:
    half = len(match[0]) == 6 and re.fullmatch(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}", match[0])
    return b"\\ufffd" if half else match[0]


def line_regex(tokens: list[Token], escapes: bool) -> re.Pattern[bytes]:
    """A text ends at the first place where what is behind it stands, and the shape after that: (?>…) keeps to it."""
    pieces: list[str] = []
    groups = 0
    merged = merge(tokens)
    variables = [
        (token, merged[index + 1] if index + 1 < len(merged) else b"")
        for index, token in enumerate(merged)
        if isinstance(token, Variable)
    ]
    if merged and isinstance(merged[0], bytes):
        pieces.append(_escaped(merged[0]))
    for index, (variable, literal) in enumerate(variables):
        assert isinstance(literal, bytes)
        behind = _escaped(literal)
        following = variables[index + 1] if index + 1 < len(variables) else None
        if variable.shape is not None and variable.shape != PROTOCOL:
            pieces.append(f"(?P<v{groups}>{_numbered(variable.shape, groups)}){behind}")
        else:
            ahead = r"\Z" if following is None else _ahead(following)
            if escapes:
                one = r'(?:[^"\\]|\\.)' if literal.startswith(b'"') else r"(?:[^\\]|\\.)"
                if not literal:
                    one = r"(?:[^\\]|\\.|\\\Z)"
            else:
                one = "."
            pieces.append(f"(?>(?P<v{groups}>{one}*?){behind}{ahead})")
        groups += 1
    return re.compile("".join(pieces).encode("latin-1") + rb"\Z", re.DOTALL)


PROTOCOL = "(?:HTTP/|-)"


def _escaped(literal: bytes) -> str:
    return re.escape(literal).decode("latin-1")


def _ahead(following: tuple[Variable, Token]) -> str:
    variable, literal = following
    assert isinstance(literal, bytes)
    if variable.shape is None:
        return ""
    shape = re.sub(r"\?P<\w+>", "?:", variable.shape)
    return f"(?={shape})" if variable.shape == PROTOCOL else f"(?={shape}{_escaped(literal)})"


def _numbered(shape: str, number: int) -> str:
    return re.sub(r"\?P<(\w+)>", lambda match: f"?P<t{number}_{match[1]}>", shape)


def merge(tokens: list[Token]) -> list[Token]:
    """Fixed texts that stand side by side as one."""
    merged: list[Token] = []
    for token in tokens:
        if isinstance(token, bytes) and merged and isinstance(merged[-1], bytes):
            merged[-1] += token
        else:
            merged.append(token)
    return merged


def line_parser(tokens: list[Token], things: dict[str, list[str]], escape: str) -> Parser:
    regex = line_regex(tokens, escape != "none")
    names = [token.name for token in tokens if isinstance(token, Variable)]
    wanted = {name for thing in things.values() for name in thing}
    undos: dict[str, Callable[[bytes], bytes]] = {"default": unescape, "json": unescape_json, "none": bytes}
    undo = undos[escape]
    has_local = any(isinstance(token, Variable) and token.shape == LOCAL_SHAPE for token in tokens)

    def parse(line: bytes) -> Hit | None:
        match = regex.match(line.removesuffix(b"\r"))
        if match is None:
            return None
        try:
            said = {name: undo(match[f"v{number}"]) for number, name in enumerate(names) if name in wanted}
        except ValueError:
            return None
        groups = {key: value for key, value in match.groupdict().items() if key.startswith("t")}
        parts = {key.partition("_")[2]: value for key, value in groups.items() if value is not None}
        if has_local and not is_possible(civil_ms(parts)):
            return None  # whatever another time of the line says
        return make_hit(said, things, time_of(parts))

    return parse


def nginx_parser(text: str, escape: str = "default") -> Parser:
    """`text` is what stands between the quotes of a log_format."""
    tokens: list[Token] = []
    for piece in re.split(r"(\$uri\$is_args\$args|\$\{\w+\}|\$\w+)", text):
        name = piece.strip("${}")
        if not piece.startswith("$"):
            tokens.append(piece.encode())
        elif piece == "$uri$is_args$args":
            tokens.append(Variable("uri? -" if escape == "default" else "uri?"))
        elif name == "msec":
            tokens.append(Variable(name, PARTS["s"] + DECIMALS))
        elif name in NGINX_TIMES:
            shape = time_regex(NGINX_TIMES[name])
            shape = shape.replace(PARTS["z"], DECIMALS + PARTS["z"])
            tokens.append(Variable(name, LOCAL_SHAPE if name == "time_local" else shape))
        else:
            tokens.append(Variable(name, {"status": "[0-9]{3}", "server_protocol": PROTOCOL}.get(name)))
    return line_parser([token for token in tokens if token != b""], NGINX_THINGS, escape)


def apache_parser(text: str) -> Parser:
    """`text` is what stands between the quotes of a LogFormat, its backslashes undone."""
    tokens: list[Token] = []
    for piece in re.split(r"(%U%q|%[<>!0-9,]*(?:\{[^}]*\})?[<>!0-9,]*(?:\^t)?[A-Za-z%])", text):
        if not piece.startswith("%"):
            tokens.append(piece.encode())
        elif piece == "%%":
            tokens.append(b"%")
        elif piece == "%t":
            tokens += [b"[", Variable("t", LOCAL_SHAPE), b"]"]
        else:
            tokens.append(apache_variable(piece))
    return line_parser([token for token in tokens if token != b""], APACHE_THINGS, "default")


def apache_variable(piece: str) -> Variable:
    letter, argument = piece[-1], re.search(r"\{([^}]*)\}", piece)
    if letter == "t" and argument:
        word = argument[1].removeprefix("begin:").removeprefix("end:")
        return Variable("t", WORDS.get(word) or time_regex(word))
    if letter == "s":
        return Variable(">s" if ">" in piece else "s", "[0-9]{3}")
    if letter == "H":
        return Variable("H", PROTOCOL)
    if piece == "%U%q":
        return Variable("U%q")
    return Variable(f"{argument[1].lower()} {letter}" if argument else letter)


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
            if known in ("request", "request/headers"):
                yield from json_names(value, known + "/")
            continue
        for text in json_texts(value):
            yield known, text


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
