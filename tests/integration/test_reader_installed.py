"""The C reader as a program of somebody else meets it: installed, found by pkg-config, and linked."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.installed_library import InstalledLibrary, declared, documented_program, run
from harness.redis_server import RedisServer

HEADERS = ["reader.h", "status.h"]
STATIC = """
#include <pageview/reader.h>

int main(void)
{
    struct pv_reader *reader;
    struct pv_error error;

    if (pv_reader_new(NULL, &reader, &error) != PV_OK)
        return 1;
    pv_reader_destroy(reader);
    return 0;
}
"""

Compile = Callable[..., Path]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> InstalledLibrary:
    return InstalledLibrary(tmp_path_factory.mktemp("install"), "reader", "pageview")


@pytest.fixture
def compile_program(tmp_path: Path, library: InstalledLibrary) -> Compile:
    def compiled(source: str, *more: str) -> Path:
        return library.compile(tmp_path, source, *more)

    return compiled


def test_the_documented_example_reads_what_redis_holds(library: InstalledLibrary, compile_program: Compile,
                                                       redis_server: RedisServer) -> None:
    program = compile_program(documented_program("reader.md"))
    client = redis_server.client()
    client.hset("pv:views", mapping={"/blog/one": 1200, "/wiki/Ünïcode": 7})
    client.zadd("pv:trending:1h", {"/blog/one": 3, "/wiki/Ünïcode": 5})
    assert run(program, redis_server.address, env=library.path).splitlines() == [
        "5 in the last hour, 7 in all: /wiki/Ünïcode",
        "3 in the last hour, 1200 in all: /blog/one",
    ]


def test_the_example_says_why_it_failed(library: InstalledLibrary, compile_program: Compile,
                                        redis_server: RedisServer) -> None:
    redis_server.kill()
    program = compile_program(documented_program("reader.md"))
    assert redis_server.address in run(program, redis_server.address, env=library.path, code=1)


@pytest.mark.parametrize("standard", ["-std=c99", "-std=c17"])
def test_the_header_needs_no_other_header(compile_program: Compile, standard: str) -> None:
    compile_program("#include <pageview/reader.h>\nint main(void) { pv_reader_destroy(NULL); return 0; }\n", standard)


def test_only_the_readers_headers_are_installed(library: InstalledLibrary) -> None:
    assert library.headers() == HEADERS


def test_the_library_exports_the_reader_and_nothing_else(library: InstalledLibrary) -> None:
    names = library.exports()
    assert names
    assert names == declared("reader.h", "PV_READER_API", r"pv_reader_\w+")


def test_it_links_statically_too(library: InstalledLibrary, tmp_path: Path) -> None:
    run(library.compile_statically(tmp_path, STATIC))
