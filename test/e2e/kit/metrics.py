# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""Single values of /metrics; the format itself is checked in test_admin.py."""


def value(proxy, name):
    """The value of a metric without labels."""
    for line in proxy.admin("/metrics").body.decode().splitlines():
        if line.startswith(name + " "):
            return float(line.split()[1])
    raise AssertionError("no metric " + name)
