# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""WebSocket peers: an echo origin made with the websockets library, and the handshake as raw bytes for scripted peers."""
import asyncio
import base64
import hashlib
import threading

import websockets

from kit.wire import request_bytes

KEY = "dGhlIHNhbXBsZSBub25jZQ=="


def accept_of(key):
    return base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()


def upgrade_bytes(target="/", fields=(), protocol="websocket", connection="Upgrade", **more):
    return request_bytes("GET", target, [("Upgrade", protocol), ("Connection", connection), ("Sec-WebSocket-Key", KEY),
                                         ("Sec-WebSocket-Version", "13"), *fields], **more)


def switch_bytes(key=KEY, protocol="websocket", fields=()):
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: " + protocol, "Connection: Upgrade", "Sec-WebSocket-Accept: " + accept_of(key)]
    return ("\r\n".join(lines + ["%s: %s" % f for f in fields]) + "\r\n\r\n").encode()


class EchoOrigin:
    """ws://service/…: every message comes back; the text `path` is answered with the request's path."""

    def __init__(self):
        self.started = threading.Event()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        self.started.wait(20)

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._main())

    async def _main(self):
        self.stop = asyncio.Event()
        async with websockets.serve(self._echo, "127.0.0.1", 0, max_size=None) as server:
            self.service = "127.0.0.1:%d" % server.sockets[0].getsockname()[1]
            self.started.set()
            await self.stop.wait()

    async def _echo(self, socket):
        async for message in socket:
            await socket.send(socket.path if message == "path" else message)

    def close(self):
        self.loop.call_soon_threadsafe(self.stop.set)
        self.thread.join(20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
