"""A throw-away machine: Debian's systemd as process 1 over a copy of this system that is written to memory only.

It has its own processes, mounts, cgroups and files, and the network of this system, so that what listens on
127.0.0.1 is reached from both sides. Needs root. Nothing of it is left when it is ended.
"""
from __future__ import annotations

import os
import shlex
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from harness.child_process import ChildProcess
from harness.lifetime import tied
from harness.programs import binary
from harness.waiting import wait_until

_SYSTEMD = Path("/usr/lib/systemd/systemd")
_COMMAND_DEADLINE_S = 90

# The outer mounts go with the mount namespace. A cgroup cannot be left and entered by a namespace alone.
_OUTER = r"""
set -eu
directory=$1 cgroup=$2 install=$3
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$directory"
cd "$directory"
mkdir upper work root cgroup
mount -t cgroup2 cgroup2 cgroup
mkdir "cgroup/$cgroup"
echo $$ >"cgroup/$cgroup/cgroup.procs"
umount cgroup
mount -t overlay -o lowerdir=/,upperdir=upper,workdir=work overlay root
DESTDIR=$PWD/root cmake --install "$install" --prefix /usr >/dev/null
exec unshare --cgroup sh -c "$4" machine
"""

# The target that is started has nothing in it but what systemd needs itself.
_INNER = r"""
set -eu
cd root
for directory in proc sys run tmp; do umount -l "$directory" 2>/dev/null || true; done
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount --rbind /dev dev
mount -t cgroup2 cgroup2 sys/fs/cgroup
printf '[Unit]\nRequires=sysinit.target\nAfter=sysinit.target\n' >etc/systemd/system/pageviews-tests.target
mkdir -p old
pivot_root . old
umount -l /old
exec env -i container=pageviews-tests PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /usr/lib/systemd/systemd --system --unit=pageviews-tests.target --show-status=no
"""

# From the leaves on; a namespace of its own for the mount.
_CLEAN_UP = r"""
mount --make-rprivate / && mount -t cgroup2 cgroup2 "$1" && cd "$1"
[ ! -d "$2" ] || find "$2" -depth -type d -exec rmdir {} +
"""


class SystemdMachine:
    def __init__(self, directory: Path) -> None:
        assert os.geteuid() == 0, "namespaces with a systemd of their own are made by root: run this test as root"
        assert _SYSTEMD.exists(), "there is no systemd to be started: install Debian's package systemd"
        self.directory = directory
        self._cgroup = f"pageviews-tests-{uuid.uuid4().hex[:8]}"
        self._mounts = directory / "machine"
        self._mounts.mkdir(parents=True)
        self._child: ChildProcess | None = None
        self._pid = 0

    def __enter__(self) -> SystemdMachine:
        try:
            self._start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None,
                 trace: TracebackType | None) -> None:
        if self._child is not None:
            self._child.kill()  # and with it, by --kill-child, process 1 and all others
        wait_until(self._is_cleaned_up, "the last process has left the cgroup")

    def _is_cleaned_up(self) -> bool:
        command = ["unshare", "--mount", "sh", "-c", _CLEAN_UP, "clean-up", str(self._mounts), self._cgroup]
        return subprocess.run(tied(command), check=False, capture_output=True).returncode == 0

    def _start(self) -> None:
        build = binary("pv-producer").parent.parent
        self._child = ChildProcess(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--uts", "--ipc", "sh", "-c", _OUTER, "machine",
             str(self._mounts), self._cgroup, str(build), _INNER],
            self.directory / "machine.log")
        self._pid = wait_until(self._first_process, "systemd is process 1", explain=self._child.describe)
        wait_until(lambda: self.try_run("systemctl", "is-system-running").stdout.strip() == "running",
                   "systemd is running", explain=self.describe)

    def _first_process(self) -> int:
        assert self._child is not None and self._child.is_running, self._child and self._child.describe()
        children = Path(f"/proc/{self._child.pid}/task/{self._child.pid}/children").read_text().split()
        for child in children:
            if Path(f"/proc/{child}/cmdline").read_bytes().startswith(f"{_SYSTEMD}\0".encode()):
                return int(child)
        return 0

    def _inside(self, *command: str) -> list[str]:
        path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin"
        return ["nsenter", "--all", f"--target={self._pid}", "env", "-i", path, *command]

    def try_run(self, *command: str, text: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(tied(self._inside(*command)), input=text, capture_output=True, text=True,
                              check=False, timeout=_COMMAND_DEADLINE_S)

    def run(self, *command: str, text: str = "") -> str:
        """As root, in the machine; returns what it writes."""
        done = self.try_run(*command, text=text)
        assert done.returncode == 0, f"$ {shlex.join(command)}\n{done.stdout}{done.stderr}\n{self.describe()}"
        return done.stdout

    def spawn(self, output: Path, *command: str) -> ChildProcess:
        return ChildProcess(self._inside(*command), output)

    def write(self, path: str, text: str, mode: str = "0644", owner: str = "root:root") -> None:
        self.run("sh", "-c", 'mkdir -p "$(dirname "$1")" && cat >>"$1" && chmod "$2" "$1" && chown "$3" "$1"', "write",
                 path, mode, owner, text=text)

    def properties(self, unit: str) -> Mapping[str, str]:
        """What `systemctl show` says."""
        return dict(line.split("=", 1) for line in self.run("systemctl", "show", unit).splitlines() if "=" in line)

    def journal(self, unit: str) -> str:
        return self.run("journalctl", "--no-pager", "--output=cat", f"--unit={unit}")

    def describe(self) -> str:
        assert self._child is not None
        if not self._pid:
            return self._child.describe()
        journal = self.try_run("journalctl", "--no-pager", "--lines=60").stdout
        failed = self.try_run("systemctl", "--no-pager", "--failed").stdout
        return f"{self._child.describe()}\n{failed}\n{journal}"
