"""Log formats given literally, taken apart without our own code: one regular expression a format.

Written from docs/log-formats.md and from what nginx and Apache say of their logs."""
from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from harness.access_log_line import unescape
from harness.log_hit_reference import Hit, Parser, Things, make_hit
from harness.log_json_reference import unescape_json
from harness.log_time_reference import (DECIMALS, LOCAL_SHAPE, NGINX_TIMES, PARTS, WORDS, civil_ms, is_possible, time_of,
                                        time_regex)

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
    "title": ["sent_http_x_article_title"],
    "section": ["sent_http_x_article_section"],
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
    "title": ["x-article-title o"],
    "section": ["x-article-section o"],
    "status": [">s", "s"],
}


@dataclass(frozen=True)
class Variable:
    name: str
    shape: str | None = None  # of a time, a status or a protocol


Token = bytes | Variable


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


def line_parser(tokens: list[Token], things: Things, escape: str) -> Parser:
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
