"""The policy from a hit to a view, written again from its description and sharing nothing with the C code."""
from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from harness.access_log_line import Hit

REPOSITORY = Path(__file__).resolve().parents[2]
SPIDERS_FILE = REPOSITORY / "etc" / "spiders.txt"
MAX_ARTICLE_BYTES = 512

ASSET_EXTENSIONS = frozenset(
    """css js mjs map json xml txt rss atom png jpg jpeg gif svg ico webp avif bmp woff woff2 ttf otf eot mp3 mp4
    webm ogg m4a mov avi pdf zip gz tgz bz2 xz tar rar 7z iso dmg exe deb rpm wasm""".split()
)
_ABSOLUTE_URL = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://[^/]*")
_PERCENT_RUN = re.compile(rb"(?:%[0-9A-Fa-f]{2})+")
_KEPT_ENCODED = frozenset("/?#%")
_INDEX_FILES = ("index.html", "index.htm", "index.php")


def is_control(character: str) -> bool:
    return ord(character) < 0x20 or 0x7F <= ord(character) <= 0x9F


def _utf8_length(lead: int) -> int:
    if lead < 0x80:
        return 1
    return 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4


def _decode_run(match: re.Match[bytes]) -> bytes:
    """Decodes a run of %HH where it spells printable UTF-8; what remains encoded gets upper-case digits."""
    raw = bytes.fromhex(match[0].replace(b"%", b"").decode())
    out = bytearray()
    at = 0
    while at < len(raw):
        piece = raw[at : at + _utf8_length(raw[at])]
        try:
            character = piece.decode("utf-8")
        except UnicodeDecodeError:
            character = ""
        if len(character) == 1 and not is_control(character) and character not in _KEPT_ENCODED:
            out += piece
            at += len(piece)
        else:
            out += b"%%%02X" % raw[at]
            at += 1
    return bytes(out)


def _resolve_dots(path: str) -> str:
    """Removes `.` and `..` segments, never climbing above the root."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for number, segment in enumerate(segments):
        last = number == len(segments) - 1
        if segment == "..":
            if kept:
                kept.pop()
            kept += [""] if last else []
        elif segment == ".":
            kept += [""] if last else []
        else:
            kept.append(segment)
    return "/" + "/".join(kept)


def _canonical_step(path: str) -> str:
    """The rules of the policy once, in its order."""
    raw = _PERCENT_RUN.sub(_decode_run, path.encode("utf-8"))
    path = re.sub("/+", "/", "/" + raw.decode("utf-8"))
    path = _resolve_dots(path)
    head, slash, last = path.rpartition("/")
    if last in _INDEX_FILES:
        path = head + slash
    path = path.removesuffix("/amp")
    return path.removesuffix("/") or "/"


def path_of(target: bytes) -> tuple[bytes, bytes]:
    """Path and query of a request target; an absolute URL gives its own path."""
    rest, _, _ = target.partition(b"#")
    path, _, query = rest.partition(b"?")
    absolute = _ABSOLUTE_URL.match(path)
    if absolute is not None:
        path = path[absolute.end() :] or b"/"
    return path, query


def canonical_article(target: bytes, keep_params: tuple[str, ...] = ()) -> str | None:
    """The canonical id of a request target, or None when it has none (`bad_article`)."""
    path, query = path_of(target)
    named = [part for part in query.split(b"&") if part.partition(b"=")[0].decode("latin-1") in keep_params]
    try:
        article = path.decode("utf-8")
        kept = sorted(part.decode("utf-8") for part in named)
    except UnicodeDecodeError:
        return None
    if not article:
        return None
    # One pass can uncover work for the next one (/a/amp/index.html), and ids must be idempotent.
    while (following := _canonical_step(article)) != article:
        article = following
    if kept:
        article += "?" + "&".join(kept)
    if len(article.encode()) > MAX_ARTICLE_BYTES or any(map(is_control, article)):
        return None
    return article


def is_asset(target: bytes) -> bool:
    """Judged by the raw extension of the last path segment."""
    name = path_of(target)[0].rpartition(b"/")[2]
    _, dot, extension = name.rpartition(b".")
    return bool(dot) and extension.decode("latin-1").lower() in ASSET_EXTENSIONS


@dataclass(frozen=True)
class FullHit(Hit):
    """A hit of a source that says more than `combined` does. None: it does not say."""

    address: bytes | None = None
    site: bytes | None = None
    purpose: bytes | None = None
    no_consent: bool = False


def visitor_hash(salt: bytes, address: bytes, user_agent: bytes, site: bytes = b"") -> str:
    """16 digits that say nothing of a person without the day's salt."""
    texts = address[:64], user_agent[:512], site[:255].lower()
    told = b"".join(len(text).to_bytes(4, "little") + text for text in texts)
    return hashlib.blake2b(told, key=salt, digest_size=16).hexdigest()[:16]


def visitor_of(hit: FullHit, salts: dict[int, bytes]) -> str | None:
    """`salts` by their day since 1970-01-01; None when the hit says too little, or its day has no salt."""
    salt = salts.get(hit.time_ms // 86_400_000)
    if salt is None or not hit.address or not hit.user_agent:
        return None
    if b"-" in (hit.address, hit.user_agent) or hit.address.startswith(b"unix:"):
        return None
    return visitor_hash(salt, hit.address, hit.user_agent, hit.site or b"")


def read_spider_patterns(path: Path = SPIDERS_FILE) -> list[str]:
    """One pattern a line; empty lines and `#` comments are left out."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


class Policy:
    """What a site may choose, and the verdict on one hit."""

    def __init__(
        self,
        spider_patterns: list[str] | None = None,
        article_pattern: str | None = None,
        keep_params: tuple[str, ...] = (),
        sites: tuple[bytes, ...] = (),
        ignore_consent: bool = False,
    ) -> None:
        patterns = read_spider_patterns() if spider_patterns is None else spider_patterns
        joined = "|".join(f"(?:{pattern})" for pattern in patterns) or r"(?!)"
        self._spiders = re.compile(joined, re.IGNORECASE)
        self._article_pattern = re.compile(article_pattern) if article_pattern is not None else None
        self._keep_params = keep_params
        self._sites = frozenset(site.lower() for site in sites)
        self._ignore_consent = ignore_consent

    def agent_of(self, user_agent: bytes | None) -> str:
        if user_agent is None:
            return "user"
        text = user_agent.decode("latin-1")
        return "spider" if text in ("", "-") or self._spiders.search(text) else "user"

    def judge(self, hit: Hit) -> tuple[str | None, str | None]:
        """(article, None) for what is sent as an event, (None, reason) for what is not."""
        full = hit if isinstance(hit, FullHit) else FullHit(**vars(hit))
        if self._sites and (full.site or b"").lower() not in self._sites:
            return None, "other_site"
        if hit.method != b"GET":
            return None, "method"
        if hit.status not in (200, 304):
            return None, "status"
        if is_asset(hit.target):
            return None, "asset"
        if re.search(rb"prefetch|prerender", full.purpose or b"", re.IGNORECASE):
            return None, "prefetch"
        if full.no_consent and not self._ignore_consent:
            return None, "consent"
        article = canonical_article(hit.target, self._keep_params)
        if article is None:
            return None, "bad_article"
        if self._article_pattern is not None and not self._article_pattern.search(article):
            return None, "not_article"
        return article, None
