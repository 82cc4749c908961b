"""The C sender as a program of somebody else meets it: installed, found by pkg-config, and linked."""
from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.installed_library import DEADLINE_S, InstalledLibrary, declared, documented_program, run
from harness.page_view_policy import REPOSITORY

EXAMPLE = REPOSITORY / "examples" / "send" / "page.c"
HEADERS = ["send.h", "status.h"]
PROCESSES, THREADS, VIEWS = 4, 3, 500

# A server that forks processes after it opened the sender, each of which has threads that send.
PREFORKED = """
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <pageview/send.h>

static struct pv_sender *sender;
static int process;

static void *serve(void *number)
{
    for (int i = 0; i < %(views)d; i++) {
        char url[64];
        struct pv_view view = {0};

        snprintf(url, sizeof url, "/%%d/%%d/%%d", process, *(int *)number, i);
        view.url = url;
        if (pv_sender_send(sender, &view) != PV_SEND_OK)
            exit(1);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    int numbers[%(threads)d], status;
    pthread_t threads[%(threads)d];

    if (argc != 2 || pv_sender_open(argv[1], NULL, &sender, NULL) != PV_OK)
        return 1;
    for (process = 0; process < %(processes)d; process++) {
        if (fork() != 0)
            continue;
        for (int i = 0; i < %(threads)d; i++) {
            numbers[i] = i;
            if (pthread_create(&threads[i], NULL, serve, &numbers[i]) != 0)
                return 1;
        }
        for (int i = 0; i < %(threads)d; i++)
            pthread_join(threads[i], NULL);
        return 0;
    }
    while (wait(&status) > 0)
        if (status != 0)
            return 1;
    pv_sender_destroy(sender);
    return 0;
}
""" % {"views": VIEWS, "threads": THREADS, "processes": PROCESSES}

# Says each result that there is, one a line.
RESULTS = """
#include <stdio.h>
#include <pageview/send.h>

int main(int argc, char **argv)
{
    struct pv_sender_options options = {0};
    struct pv_view good = {0}, bad = {0};
    struct pv_sender *sender;
    struct pv_error error;
    enum pv_send_result result;

    options.max_bytes = 65536;
    options.sync = PV_SEND_SYNC_OFF;
    good.url = "/good";
    bad.url = "";
    if (argc != 2 || pv_sender_open(argv[1], &options, &sender, &error) != PV_OK) {
        fprintf(stderr, "%s\\n", error.text);
        return 2;
    }
    puts(pv_send_result_text(pv_sender_send(sender, &good)));
    puts(pv_send_result_text(pv_sender_send(sender, &bad)));
    while ((result = pv_sender_send(sender, &good)) == PV_SEND_OK)
        ;
    puts(pv_send_result_text(result));
    pv_sender_close(sender);
    puts(pv_send_result_text(pv_sender_send(sender, &good)));
    pv_sender_destroy(sender);
    return 0;
}
"""

Compile = Callable[..., Path]


def events(spool: Path) -> list[dict[str, str | int]]:
    """What is in the spool, as events; every line must be one, and end."""
    text = b"".join(segment.read_bytes() for segment in sorted(spool.glob("*.ndjson")))
    assert text.endswith(b"\n") or not text
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> InstalledLibrary:
    return InstalledLibrary(tmp_path_factory.mktemp("install"), "send", "pageview-send")


@pytest.fixture(scope="module")
def library_path(library: InstalledLibrary) -> dict[str, str]:
    return library.path


@pytest.fixture
def compile_program(tmp_path: Path, library: InstalledLibrary) -> Compile:
    def compiled(source: str, *more: str, compiler: str = "cc", name: str = "app.c") -> Path:
        return library.compile(tmp_path, source, *more, compiler=compiler, name=name)

    return compiled


def serve_example(program: Path, spool: Path, env: dict[str, str]) -> tuple[str, str]:
    """The page, and what the program says to the log, for one request as a web server makes it."""
    request = {"REQUEST_METHOD": "GET", "REQUEST_URI": "/blog/one/?utm_source=x", "PV_SPOOL": str(spool), **env}
    done = subprocess.run([program], capture_output=True, timeout=DEADLINE_S, env={**os.environ, **request})
    assert done.returncode == 0, done.stderr
    return done.stdout.decode(), done.stderr.decode()


def test_the_example_sends_the_view_of_the_page_it_serves(tmp_path: Path, compile_program: Compile,
                                                          library_path: dict[str, str]) -> None:
    program, spool = compile_program(EXAMPLE.read_text()), tmp_path / "var" / "spool"
    for referrer in ("https://Search.example/q?x", "https://other.example"):
        page, said = serve_example(program, spool, {**library_path, "HTTP_REFERER": referrer})
        assert page.startswith("Content-Type: text/html") and "\r\n\r\n<!doctype html>" in page
        assert not said
    sent = events(spool)
    assert [event.pop("ts", 0) for event in sent] > [0, 0]
    assert sent == [{"article": "/blog/one", "section": "examples", "title": "An example", "referrer": host}
                    for host in ("search.example", "other.example")]


@pytest.mark.parametrize("header", [{"HTTP_SEC_GPC": "1"}, {"HTTP_DNT": "1"}, {"HTTP_SEC_PURPOSE": "prefetch"},
                                    {"REQUEST_METHOD": "HEAD"}])
def test_the_example_serves_but_does_not_send_what_is_no_view(tmp_path: Path, compile_program: Compile,
                                                              library_path: dict[str, str],
                                                              header: dict[str, str]) -> None:
    page, _ = serve_example(compile_program(EXAMPLE.read_text()), tmp_path / "spool", {**library_path, **header})
    assert "viewed" in page
    assert events(tmp_path / "spool") == []


def test_the_example_serves_when_there_is_no_spool(compile_program: Compile, library_path: dict[str, str]) -> None:
    page, said = serve_example(compile_program(EXAMPLE.read_text()), Path("/dev/null/spool"), library_path)
    assert "viewed" in page
    assert "/dev/null/spool" in said


def test_views_of_preforked_processes_and_their_threads_are_there_once(tmp_path: Path, compile_program: Compile,
                                                                       library_path: dict[str, str]) -> None:
    spool = tmp_path / "spool"
    run(compile_program(PREFORKED, "-pthread"), spool, env=library_path)
    expected = {f"/{process}/{thread}/{view}" for process in range(PROCESSES) for thread in range(THREADS)
                for view in range(VIEWS)}
    assert Counter(event["article"] for event in events(spool)) == Counter(expected)


def test_results_are_told_apart(tmp_path: Path, compile_program: Compile, library_path: dict[str, str]) -> None:
    said = run(compile_program(RESULTS), tmp_path / "spool", env=library_path).splitlines()
    assert [line.split(":")[0] for line in said] == [
        "the spool has the view", "the view breaks a rule of pageview/send.h", "the spool or the disk is full",
        "the sender is closed"]
    assert sum(path.stat().st_size for path in (tmp_path / "spool").glob("*.ndjson")) <= 65536


def test_spool_that_cannot_be_opened_is_explained(compile_program: Compile, library_path: dict[str, str]) -> None:
    assert "create the directory" in run(compile_program(RESULTS), "/dev/null/spool", env=library_path, code=2)


@pytest.mark.parametrize("standard", ["-std=c99", "-std=c17"])
def test_the_header_needs_no_other_header(compile_program: Compile, standard: str) -> None:
    compile_program("#include <pageview/send.h>\nint main(void) { pv_sender_destroy(NULL); return 0; }\n", standard)


def test_it_is_used_from_cpp(tmp_path: Path, compile_program: Compile, library_path: dict[str, str]) -> None:
    program = compile_program(
        "#include <pageview/send.h>\n"
        "int main(int, char **argv) {\n"
        "  pv_sender *sender = nullptr; pv_error error; pv_view view{}; view.url = \"/from/c++\";\n"
        "  if (pv_sender_open(argv[1], nullptr, &sender, &error) != PV_OK) return 1;\n"
        "  bool sent = pv_sender_send(sender, &view) == PV_SEND_OK;\n"
        "  pv_sender_destroy(sender); return sent ? 0 : 1; }\n", "-std=c++17", compiler="c++", name="app.cc")
    run(program, tmp_path / "spool", env=library_path)
    assert [event["article"] for event in events(tmp_path / "spool")] == ["/from/c++"]


def test_the_loop_of_the_documents_compiles(compile_program: Compile) -> None:
    """The FastCGI library is only declared here: the loop is the part that is ours."""
    source = documented_program("send.md")
    loop = source.replace("#include <fcgi_stdio.h>", "static int FCGI_Accept(void) { return -1; }")
    assert loop != source
    compile_program(EXAMPLE.read_text().split("int main(void)")[0] + loop)


def test_only_the_senders_headers_are_installed(library: InstalledLibrary) -> None:
    assert library.headers() == HEADERS


def test_the_library_exports_the_sender_and_nothing_else(library: InstalledLibrary) -> None:
    names = library.exports()
    assert names == declared("send.h", "PV_SEND_API", r"pv_send\w+")
    assert "pv_sender_send" in names


def test_the_library_needs_libc_alone(library: InstalledLibrary) -> None:
    assert library.needs() == ["libc.so.6"]


def test_it_links_statically_too(library: InstalledLibrary, tmp_path: Path) -> None:
    app = library.compile_statically(tmp_path, RESULTS)
    assert len(run(app, tmp_path / "spool").splitlines()) == 4
