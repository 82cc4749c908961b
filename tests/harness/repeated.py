"""Something that goes on beside a test."""
from __future__ import annotations

import threading
from typing import Self


class Repeated:
    """`with` it, a thread takes turn after turn until it is left."""

    def __init__(self) -> None:
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ending.is_set():
            self.turn()

    def turn(self) -> None:
        raise NotImplementedError
