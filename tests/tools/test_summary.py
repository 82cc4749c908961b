#!/usr/bin/env python3
"""Adds up JUnit reports and prints `N passed, N failed, N skipped` as the last line of ./run test.

    python3 tests/tools/test_summary.py REPORT.xml...

A report that is missing, unreadable or empty is a tier that did not run: one failure.
"""
from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def tally(report: Path) -> tuple[int, int, int]:
    """Passed, failed, skipped."""
    try:
        cases = list(ElementTree.parse(report).iter("testcase"))
    except (OSError, ElementTree.ParseError):
        cases = []
    if not cases:
        return 0, 1, 0
    failed = skipped = 0
    for case in cases:
        if case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail":
            failed += 1
        elif case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
            skipped += 1
    return len(cases) - failed - skipped, failed, skipped


def main() -> int:
    totals = [sum(column) for column in zip(*(tally(Path(name)) for name in sys.argv[1:]))] or [0, 1, 0]
    print(f"{totals[0]} passed, {totals[1]} failed, {totals[2]} skipped")
    return 0 if totals[1] == 0 and totals[0] > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
