# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""A client that writes what it is told and reads strictly."""
import socket

from kit.wire import LIMIT, Wire, request_bytes


class Client(Wire):
    def __init__(self, address, limit=None, receive_buffer=None):
        if isinstance(address, str):
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        else:
            sock = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET, socket.SOCK_STREAM)
        sock.settimeout(limit or LIMIT)
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        try:
            sock.connect(address)
        except BaseException:
            sock.close()
            raise
        super().__init__(sock, limit)

    def ask(self, method="GET", target="/", fields=(), body=None, **more):
        """Send a request and read its whole answer."""
        self.send(request_bytes(method, target, fields, body, **more))
        return self.read_response(method)

    def get(self, target="/", fields=(), **more):
        return self.ask("GET", target, fields, **more)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
