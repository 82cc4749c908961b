"""Every file that the exporter writes is what its schema says, also while counts move and readers poll."""
from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import fastjsonschema
import pytest
from jsonschema import Draft202012Validator, ValidationError

from harness.counts_writer import CountsWriter
from harness.json_claims import kind_of
from harness.json_poll import polling
from harness.json_schemas import SCHEMAS, check, check_file, json_files, validator
from harness.page_view_policy import REPOSITORY
from harness.programs import EXPORTER, OptionValue, Program, arguments
from harness.redis_server import RedisServer
from harness.waiting import wait_until

NAMES = sorted(path.stem for path in SCHEMAS.glob("*.json"))
PROSE = (REPOSITORY / "docs" / "json-api.md").read_text(encoding="utf-8")
LEFT_OUT = "".join(f'{{"time":"2026-11-24T12:{8 + i // 60:02}:{i % 60:02}Z","views":0}},' for i in range(57))
EXAMPLES = [text.replace("…\n", LEFT_OUT) for text in re.findall(r"```json\n(.*?)\n```", PROSE, re.DOTALL)]
KINDS = {"also-read", "archive", "article", "filtered", "index", "live", "site", "site-days", "site-hours", "top",
         "totals", "trending"}
READS, READERS, TOTALS = 100_000, 4, 20


def exporter(server: RedisServer, directory: Path, **options: OptionValue) -> Program:
    return Program(EXPORTER, arguments({"redis": server.address, "out": directory / "out", **options}),
                   directory / "exporter.log")


@pytest.fixture
def written(redis_server: RedisServer, tmp_path: Path) -> Iterator[Path]:
    """Files of a moment in which all was counted."""
    writer = CountsWriter(redis_server.client())
    for _ in range(20):
        writer.turn()
    exporter(redis_server, tmp_path, once=True).finish()
    yield tmp_path / "out"


@pytest.mark.parametrize("name", NAMES)
def test_schema_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8")))


def test_prose_has_an_example_of_every_file_that_is_valid() -> None:
    shown = set()
    for text in EXAMPLES:
        content = json.loads(text)
        check(content, text[:60])
        shown.add(content["schema"].split("/")[1])
    assert shown >= {"also-read", "article", "trending", "live", "filtered", "totals", "site", "site-days", "top", "index"}
    assert all(f"schemas/{name}.json" in PROSE for name in shown)


def test_every_kind_of_file_is_written_and_valid(written: Path) -> None:
    kinds = {check_file(path)["schema"].split("/")[1] for path in json_files(written)}
    assert kinds == KINDS


def test_schemas_refuse_what_is_not_said(written: Path) -> None:
    for path in ("live.json", "totals.json", "index.json"):
        content = json.loads((written / path).read_text())
        name = content["schema"].split("/")[1]
        for member in content:
            with pytest.raises(ValidationError):
                validator(name).validate({key: value for key, value in content.items() if key != member})
        with pytest.raises(ValidationError):
            validator(name).validate({**content, "unknown": 1})


def test_compiled_validators_agree(written: Path) -> None:
    """The readers below have them for their speed."""
    for path in json_files(written):
        if path.suffix != ".json":
            continue
        content = check_file(path)
        compiled = fastjsonschema.compile(json.loads((SCHEMAS / f"{kind_of(content)}.json").read_text("utf-8")))
        compiled(content)
        for member in content:
            for wrong in ({key: value for key, value in content.items() if key != member}, {**content, member: 1.5}):
                with pytest.raises(fastjsonschema.JsonSchemaException):
                    compiled(wrong)


def test_files_are_whole_and_totals_never_fall_while_a_writer_runs(redis_server: RedisServer, tmp_path: Path) -> None:
    with CountsWriter(redis_server.client()) as writer:
        running = exporter(redis_server, tmp_path, interval="20ms", articles_interval="100ms", csv=True)
        out = tmp_path / "out"
        wait_until((out / "index.json").exists, "the first round ends", explain=running.describe)
        with polling(out, READS, READERS, TOTALS) as readers:
            polled = [reader.result() for reader in readers]
        assert running.is_running, running.describe()
    running.stop()
    assert running.closing()["failed"] == 0
    views = set().union(*(one.views for one in polled))
    distinct = set().union(*(one.distinct for one in polled))
    reads = sum(one.reads for one in polled)
    assert reads >= READS and len(views) >= TOTALS and set().union(*(one.kinds for one in polled)) == KINDS
    print(f"{reads} reads, {len(distinct)} contents, {len(views)} totals, {writer.turns} commits")
