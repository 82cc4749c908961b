"""One of our C libraries as a program of somebody else meets it: installed, found by pkg-config, and linked."""
from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

from harness.lifetime import tied
from harness.page_view_policy import REPOSITORY
from harness.programs import EXPORTER, binary

_BUILD = binary(EXPORTER).parent.parent
DEADLINE_S = 300


def run(*command: str | Path, env: dict[str, str] | None = None, code: int = 0) -> str:
    """What it writes; to stderr when it is to fail."""
    done = subprocess.run(tied(command), capture_output=True, text=True, timeout=DEADLINE_S,
                          env={**os.environ, **(env or {})})
    assert done.returncode == code, f"$ {command}\n{done.stdout}{done.stderr}"
    return done.stdout if code == 0 else done.stderr


def sanitizers() -> list[str]:
    """What the build's libraries were made with."""
    found = re.search(r"^PV_SANITIZE:\w+=(.+)$", (_BUILD / "CMakeCache.txt").read_text(), re.MULTILINE)
    return [f"-fsanitize={found[1]}"] if found else []


def documented_program(name: str) -> str:
    """The first C program of a document."""
    found = re.search(r"^```c\n(.*?)^```", (REPOSITORY / "docs" / name).read_text(), re.MULTILINE | re.DOTALL)
    assert found, f"no program in docs/{name}"
    return found[1]


class InstalledLibrary:
    """`component` of the installation, whose pkg-config file and library have the name `package`."""

    def __init__(self, directory: Path, component: str, package: str) -> None:
        self.package = package
        # A prefix that the build was not configured for, and that is moved after the installation.
        first = directory / "first"
        run("cmake", "--install", _BUILD, "--prefix", first, "--component", component)
        self.prefix = first.rename(directory / "moved")
        [pkg_config] = self.prefix.rglob(f"{package}.pc")
        [library] = self.prefix.rglob(f"lib{package}.so")
        self._pkg_config = {"PKG_CONFIG_PATH": str(pkg_config.parent)}
        self.path = {"LD_LIBRARY_PATH": str(library.parent)}

    @property
    def shared(self) -> Path:
        [found] = self.prefix.rglob(f"lib{self.package}.so.0")
        return found

    def _flags(self, *options: str) -> list[str]:
        return shlex.split(run("pkg-config", *options, "--cflags", "--libs", self.package, env=self._pkg_config))

    def compile(self, directory: Path, source: str, *more: str, compiler: str = "cc", name: str = "app.c") -> Path:
        """With no more than pkg-config says, but for the sanitizers that the library was made with."""
        (directory / name).write_text(source)
        run(compiler, "-Wall", "-Wextra", "-Werror", "-pedantic", *more, *sanitizers(), "-o", directory / "app",
            directory / name, *self._flags())
        return directory / "app"

    def compile_statically(self, directory: Path, source: str) -> Path:
        [archive] = self.prefix.rglob(f"lib{self.package}.a")
        (directory / "app.c").write_text(source)
        run("cc", *sanitizers(), "-o", directory / "app", directory / "app.c",
            *[str(archive) if flag == f"-l{self.package}" else flag for flag in self._flags("--static")])
        return directory / "app"

    def headers(self) -> list[str]:
        return sorted(path.name for path in (self.prefix / "include" / "pageview").iterdir())

    def exports(self) -> set[str]:
        return {line.split()[-1] for line in run("nm", "-D", "--defined-only", self.shared).splitlines()}

    def needs(self) -> list[str]:
        """The libraries that it is linked with, but for the sanitizers'."""
        needed = re.findall(r"NEEDED +(\S+)", run("objdump", "-p", self.shared))
        return [name for name in needed if not re.match(r"lib[a-z]+san\.so", name)]


def declared(header: str, marker: str, name: str) -> set[str]:
    """The functions that a header of pageview/ exports: marked so, and called so (a regular expression)."""
    text = (REPOSITORY / "pageview" / header).read_text()
    return set(re.findall(rf"{marker} [^(]*?\b({name})\(", text))
