# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""Free TCP ports below the ephemeral range, and loopback addresses, that parallel test processes do not hand out twice."""
import itertools
import os
import socket

WORKER = int("".join(c for c in os.environ.get("PYTEST_XDIST_WORKER", "gw0") if c.isdigit()) or 0)
SPAN = 2000
_low = 10000 + (WORKER % 8) * SPAN
_next = itertools.count(os.getpid() * 31)
_address = itertools.count(os.getpid() % 200)


def free_port():
    for n in itertools.islice(_next, SPAN):
        port = _low + n % SPAN
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise RuntimeError("no free port between %d and %d" % (_low, _low + SPAN))


def loopback():
    """An address of 127.0.0.0/8 of our own, for the tests that need a well-known port."""
    n = next(_address)
    return "127.%d.%d.%d" % (60 + WORKER % 100, os.getpid() % 250, 2 + n % 250)


def can_bind(port, address="127.0.0.1", kind=socket.SOCK_STREAM):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, kind) as s:
            s.bind((address, port))
        return True
    except OSError:
        return False
