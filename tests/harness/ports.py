"""Free TCP ports on the loopback interface."""
from __future__ import annotations

import random
import socket

# Below what Linux gives to outgoing connections (32768 on), or one of those could take the port before its server does.
_LISTENING = range(15_000, 32_000)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port() -> int:
    return next(port for port in iter(lambda: random.choice(_LISTENING), None) if is_free(port))


def preferred_port(port: int) -> int:
    """That one when it is free, or else any."""
    return port if is_free(port) else free_port()


def answers(port: int) -> bool:
    """Whether something accepts connections on `port`."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
