"""Free TCP ports on the loopback interface."""

import random
import socket

# Below the range from which the kernel takes ports for outgoing connections.
_FIRST, _LAST = 20000, 32000
_given = set()


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port(*offsets):
    """A port that is free, as are port + offset for all `offsets`. Never given twice."""
    while True:
        port = random.randint(_FIRST, _LAST)
        wanted = [port, *(port + offset for offset in offsets)]
        if not _given.intersection(wanted) and all(is_free(each) for each in wanted):
            _given.update(wanted)
            return port
