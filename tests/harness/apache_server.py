"""A private Apache on a free port; every path is a page, so that there is something to view."""
from __future__ import annotations

import signal
import tempfile
from pathlib import Path

from harness.private_server import PrivateServer, write_pages
from harness.programs import clean_environment
from harness.waiting import wait_until

_CONFIG = """\
ServerRoot {directory}
DefaultRuntimeDir {directory}
Mutex file:{directory} default
PidFile {directory}/apache.pid
ErrorLog {directory}/error.log
Listen 127.0.0.1:{port}
ServerName www.example.org
User www-data
Group www-data
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule mime_module /usr/lib/apache2/modules/mod_mime.so
LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so
LoadModule alias_module /usr/lib/apache2/modules/mod_alias.so
TypesConfig /dev/null
AddType text/html .html
StartServers 1
ThreadsPerChild 16
MaxRequestWorkers 64
KeepAliveTimeout 2
DocumentRoot {directory}/pages
<Directory {directory}/pages>
    Require all granted
    FallbackResource /index.html
</Directory>
Redirect 404 /missing/
{extra}
"""


def configuration(directory: Path, port: int, extra: str) -> str:
    """Of a server whose files are all in `directory`, with its pages in `directory`/pages."""
    return _CONFIG.format(directory=directory, port=port, extra=extra)


def _runs(pid: int, program: str) -> bool:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().startswith(program.encode() + b"\0")
    except FileNotFoundError:
        return False


class ApacheServer(PrivateServer):
    """`extra` are directives of the server. Apache gives its privileges away, so that its pages are in a directory
    that all may read; the rest of its files is there too."""

    name = "Apache"
    orphan_signal = signal.SIGTERM

    def __init__(self, extra: str = "") -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="pageviews-apache-")
        self.directory = Path(self._temporary.name)
        self.directory.chmod(0o755)
        super().__init__(self.directory / "output.log")
        write_pages(self.directory / "pages")
        self.pid_file = self.directory / "apache.pid"
        text = configuration(self.directory, self.port, extra)
        (self.directory / "apache.conf").write_text(text, encoding="utf-8")

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._temporary.cleanup()

    def _command(self) -> list[str]:
        return ["/usr/sbin/apache2", "-D", "FOREGROUND", "-f", str(self.directory / "apache.conf")]

    def _environment(self) -> dict[str, str]:
        return clean_environment()

    def _answers(self) -> bool:
        # It answers a moment before it minds signals, and says so a moment after.
        return super()._answers() and self._times_started() > 0

    def graceful(self) -> None:
        """Opens logs and starts piped loggers anew; requests under way end with the old ones."""
        before = self._times_started()
        self._running.send_signal(signal.SIGUSR1)
        wait_until(lambda: self._times_started() > before, "Apache has restarted", explain=self.describe)

    def loggers(self, program: str) -> set[int]:
        """The processes of piped logs that run `program` by now."""
        parent = Path(f"/proc/{self._running.pid}/task/{self._running.pid}/children")
        return {int(child) for child in parent.read_text().split() if _runs(int(child), program)}

    def stop(self) -> None:
        """SIGWINCH: requests under way are answered and logged first."""
        self._end_with(signal.SIGWINCH)

    def describe(self) -> str:
        return f"{super().describe()}\n{self._errors()[-6000:]}"

    def _times_started(self) -> int:
        return self._errors().count("resuming normal operations")

    def _errors(self) -> str:
        log = self.directory / "error.log"
        return log.read_text(errors="replace") if log.exists() else ""
