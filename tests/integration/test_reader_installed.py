"""The C reader as a program of somebody else meets it: installed, found by pkg-config, and linked."""
from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.page_view_policy import REPOSITORY
from harness.programs import EXPORTER, binary
from harness.redis_server import RedisServer

BUILD = binary(EXPORTER).parent.parent
DEADLINE_S = 300
DOCUMENTED = REPOSITORY / "docs" / "reader.md"
HEADERS = ["reader.h", "status.h"]

Compile = Callable[[str], Path]


def run(*command: str | Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=DEADLINE_S,
                          env={**os.environ, **(env or {})})
    assert done.returncode == 0, f"$ {command}\n{done.stdout}{done.stderr}"
    return done.stdout


def cached(name: str) -> str:
    """A variable of the build's cache."""
    found = re.search(rf"^{name}:\w+=(.*)$", (BUILD / "CMakeCache.txt").read_text(), re.MULTILINE)
    return found[1] if found else ""


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prefix that the build was not configured for, and that is moved after the installation."""
    first = tmp_path_factory.mktemp("install") / "first"
    run("cmake", "--install", BUILD, "--prefix", first, "--component", "reader")
    return first.rename(first.with_name("moved"))


@pytest.fixture(scope="module")
def pkg_config(prefix: Path) -> dict[str, str]:
    [found] = prefix.rglob("pageview.pc")
    return {"PKG_CONFIG_PATH": str(found.parent)}


@pytest.fixture
def compile_program(tmp_path: Path, pkg_config: dict[str, str]) -> Compile:
    """Compiles with no more than pkg-config says, but for the sanitizers that the library was built with."""

    def compiled(source: str, *more: str) -> Path:
        flags = shlex.split(run("pkg-config", "--cflags", "--libs", "pageview", env=pkg_config))
        sanitizers = [f"-fsanitize={cached('PV_SANITIZE')}"] if cached("PV_SANITIZE") else []
        (tmp_path / "app.c").write_text(source)
        run("cc", "-Wall", "-Wextra", "-Werror", "-pedantic", *more, *sanitizers, "-o", tmp_path / "app",
            tmp_path / "app.c", *flags)
        return tmp_path / "app"

    return compiled


def library_path(prefix: Path) -> dict[str, str]:
    [found] = prefix.rglob("libpageview.so")
    return {"LD_LIBRARY_PATH": str(found.parent)}


def test_the_documented_example_reads_what_redis_holds(prefix: Path, compile_program: Compile,
                                                       redis_server: RedisServer) -> None:
    source = re.search(r"^```c\n(.*?)^```", DOCUMENTED.read_text(), re.MULTILINE | re.DOTALL)
    assert source, f"no example in {DOCUMENTED}"
    program = compile_program(source[1])
    client = redis_server.client()
    client.hset("pv:views", mapping={"/blog/one": 1200, "/wiki/Ünïcode": 7})
    client.zadd("pv:trending:1h", {"/blog/one": 3, "/wiki/Ünïcode": 5})
    assert run(program, redis_server.address, env=library_path(prefix)).splitlines() == [
        "5 in the last hour, 7 in all: /wiki/Ünïcode",
        "3 in the last hour, 1200 in all: /blog/one",
    ]


def test_the_example_says_why_it_failed(prefix: Path, compile_program: Compile, redis_server: RedisServer) -> None:
    source = re.search(r"^```c\n(.*?)^```", DOCUMENTED.read_text(), re.MULTILINE | re.DOTALL)
    assert source
    redis_server.kill()
    done = subprocess.run([compile_program(source[1]), redis_server.address], capture_output=True, text=True,
                          timeout=DEADLINE_S, env={**os.environ, **library_path(prefix)})
    assert done.returncode == 1
    assert redis_server.address in done.stderr


@pytest.mark.parametrize("standard", ["-std=c99", "-std=c17"])
def test_the_header_needs_no_other_header(compile_program: Compile, standard: str) -> None:
    compile_program("#include <pageview/reader.h>\nint main(void) { pv_reader_destroy(NULL); return 0; }\n", standard)


def test_only_the_readers_headers_are_installed(prefix: Path) -> None:
    assert sorted(path.name for path in (prefix / "include" / "pageview").iterdir()) == HEADERS


def test_the_library_exports_the_reader_and_nothing_else(prefix: Path) -> None:
    [library] = prefix.rglob("libpageview.so.0")
    names = [line.split()[-1] for line in run("nm", "-D", "--defined-only", library).splitlines()]
    assert names
    assert [name for name in names if not name.startswith("pv_reader_")] == []
    header = (REPOSITORY / "pageview" / "reader.h").read_text()
    assert set(names) == set(re.findall(r"PV_READER_API [^(]*?\b(pv_reader_\w+)\(", header))


def test_it_links_statically_too(prefix: Path, pkg_config: dict[str, str], tmp_path: Path) -> None:
    flags = shlex.split(run("pkg-config", "--static", "--libs", "--cflags", "pageview", env=pkg_config))
    [archive] = prefix.rglob("libpageview.a")
    sanitizers = [f"-fsanitize={cached('PV_SANITIZE')}"] if cached("PV_SANITIZE") else []
    (tmp_path / "app.c").write_text("#include <pageview/reader.h>\n"
                                    "int main(void) { struct pv_reader *reader; struct pv_error error;\n"
                                    "if (pv_reader_new(NULL, &reader, &error) != PV_OK) return 1;\n"
                                    "pv_reader_destroy(reader); return 0; }\n")
    run("cc", *sanitizers, "-o", tmp_path / "app", tmp_path / "app.c",
        *[str(archive) if flag == "-lpageview" else flag for flag in flags])
    run(tmp_path / "app")
