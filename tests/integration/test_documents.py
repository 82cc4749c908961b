"""The documents and the programs name the same things: options, reasons, metrics, files."""
from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from harness.page_view_policy import REPOSITORY
from harness.programs import AGGREGATOR, EXPORTER, PRODUCER, PROGRAMS, binary

DOCUMENTS = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
EXAMPLES = {name: REPOSITORY / "etc" / f"{name}.conf" for name in (PRODUCER, AGGREGATOR, EXPORTER)}
# Of one run, or about the file itself: they do not belong into it.
NOT_IN_A_FILE = {
    PRODUCER: {"ship", "trust-client-time", "stdin", "exit-at-end"},
    AGGREGATOR: {"exit-at-end", "rebuild", "accept-loss"},
    EXPORTER: {"once", "full", "top", "section"},
}
OF_EVERY_PROGRAM = {"config", "check-config", "help", "version"}


def text_of(*paths: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def options(program: str) -> set[str]:
    said = subprocess.run([binary(program), "--help"], capture_output=True, text=True, check=True, timeout=60).stdout
    return set(re.findall(r"^  --([a-z-]+)", said, re.MULTILINE))


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_option_is_in_a_document(program: str) -> None:
    named = set(re.findall(r"(?<![\w-])--([a-z][a-z-]+)", text_of(*DOCUMENTS)))
    assert options(program) - OF_EVERY_PROGRAM <= named


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_option_is_in_the_example_of_its_file(program: str) -> None:
    named = set(re.findall(r"^#?([a-z-]+) = ", EXAMPLES[program].read_text(encoding="utf-8"), re.MULTILINE))
    assert options(program) - OF_EVERY_PROGRAM - NOT_IN_A_FILE[program] == named


def table(macro: str) -> set[str]:
    """The names in one of the tables of pageview/reason.h."""
    header = (REPOSITORY / "pageview" / "reason.h").read_text(encoding="utf-8")
    found = re.search(rf"^#define {macro}\(X\)(.*?[^\\])$", header, re.MULTILINE | re.DOTALL)
    assert found, macro
    return set(re.findall(r"\bX\((\w+),", found[1]))


@pytest.mark.parametrize(("macro", "document"), [
    ("PV_HIT_REASON_TABLE", "policy.md"), ("PV_AGENT_REASON_TABLE", "policy.md"),
    ("PV_REPEAT_REASON_TABLE", "policy.md"), ("PV_EVENT_REASON_TABLE", "event-schema.md"),
])
def test_every_reason_is_explained(macro: str, document: str) -> None:
    reasons = table(macro)
    assert reasons
    assert reasons <= set(re.findall(r"`(\w+)`", text_of(REPOSITORY / "docs" / document)))


def test_every_metric_that_the_documents_name_exists() -> None:
    made = set()
    for folder in ("producer", "aggregator", "dashboard-export", "pageview"):
        for path in (REPOSITORY / folder).rglob("*.c"):
            source = path.read_text(encoding="utf-8")
            made |= set(re.findall(r'"(pv_[a-z_]+)"', source))
            if front := re.search(r'^#define NAME\(name\) "(pv_[a-z_]+)" name$', source, re.MULTILINE):
                made |= {front[1] + name for name in re.findall(r'NAME\("([a-z_]+)"\)', source)}
    named = set(re.findall(r"\bpv_(?:producer|aggregator|ranker|exporter|dashboard)_[a-z_]+", text_of(*DOCUMENTS)))
    assert named and named <= made


def events_of_sources(folder: str) -> set[tuple[str, str]]:
    """Level and name of every event that the folder's sources log. A variable's values are where it is set."""
    sources = text_of(*(REPOSITORY / folder).rglob("*.c"))
    found = set()
    for level, event in re.findall(r"\bpv_log(?:_fields)?\(\s*(?!enum\b)([^,]+),\s*([^,]+),", sources):
        if re.fullmatch(r"\w+", level) and not level.startswith("PV_LOG_"):
            level = " ".join(re.findall(rf"\b{level} = [^;]*", sources))
        levels, names = re.findall(r"PV_LOG_(\w+)", level), re.findall(r'"(\w+)"', event)
        if member := re.search(r"\.(\w+)$", event):
            names = re.findall(rf'\.{member[1]} = "(\w+)"', sources)
        assert levels and names, f"{folder}: no level or name is found for the event {event}"
        found |= {(level.lower(), name) for level in levels for name in names}
    return found


def events_of_rows(whose: str) -> list[tuple[str, str]]:
    """Level and name in the tables of docs/operations.md below the lines "Events of <whose>…"."""
    text = text_of(REPOSITORY / "docs" / "operations.md")
    rows = []
    for lines in re.findall(rf"^Events of {whose}\b[^\n]*:\n\n((?:\|[^\n]*\n)+)", text, re.MULTILINE):
        for cell in re.findall(r"^\| ([^|]*`[^|]*) \|", lines, re.MULTILINE):
            for level, names in re.findall(r"\b(info|warn|error)((?:,? `\w+`)+)", cell):
                rows += [(level, name) for name in re.findall(r"\w+", names)]
    return rows


@pytest.mark.parametrize(("folder", "whose"), [
    ("pageview", "more than one program"), ("producer", "the producer"),
    ("aggregator", "the aggregator"), ("dashboard-export", "the exporter"),
])
def test_every_warning_and_error_has_a_row_and_every_row_an_event(folder: str, whose: str) -> None:
    logged, rows = events_of_sources(folder), events_of_rows(whose)
    alarming = {(level, name) for level, name in logged if level in ("warn", "error")}
    assert alarming
    assert len(rows) == len(set(rows))
    assert alarming <= set(rows) <= logged


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", re.sub(r"&\w+;", "", heading).lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_within_the_repository_lead_somewhere(document: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link
