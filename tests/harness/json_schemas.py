"""The JSON Schema of each file that the exporter writes, found by what the file says of itself."""
from __future__ import annotations

import gzip
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from harness.page_view_policy import REPOSITORY

SCHEMAS = REPOSITORY / "docs" / "schemas"


@lru_cache(maxsize=None)
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8")))


def check(content: Any, where: str) -> None:
    family, name, version = content["schema"].split("/")
    assert (family, version) == ("pageviews", "1"), where
    wrong = [f"{where}: {error.json_path}: {error.message}" for error in validator(name).iter_errors(content)]
    assert not wrong, "\n".join(wrong[:10])


def check_file(path: Path) -> Any:
    """Validates a file and returns what it says; of the list of all articles its head."""
    if path.suffix == ".json":
        content = json.loads(path.read_text(encoding="utf-8"))
        check(content, str(path))
        return content
    head, *lines = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    check(head, str(path))
    assert head["articles"] == len(lines), path
    for line in lines:
        validator("archive").validate(line)
    return head


def json_files(directory: Path) -> list[Path]:
    return sorted(path for path in directory.rglob("*") if path.suffix in (".json", ".gz") and path.name[0] != ".")
