# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
"""WebSocket through the websockets library on both ends: real frames, fragments, pings, closes, big messages."""
import asyncio

import pytest
import websockets

from kit.nuncio import mapping
from kit.websocket import EchoOrigin
from kit.wire import LIMIT


@pytest.fixture(scope="module")
def echo_origin():
    with EchoOrigin() as origin:
        yield origin


@pytest.fixture
def url(start, echo_origin):
    proxy = start([mapping("ws", "/ws/", echo_origin.service, use_websocket=True), mapping("no", "/no/", echo_origin.service)])
    return "ws://127.0.0.1:%d" % proxy.port


def bounded(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, LIMIT * 3))


@pytest.mark.parametrize("message", ["hello", "", b"\0\xff" * 10, "x" * 125, "x" * 126, b"y" * 65535, b"y" * 65536, b"z" * 5000000],
                         ids=lambda m: "%s %d" % (type(m).__name__, len(m)))
def test_echo(url, message):
    async def talk():
        async with websockets.connect(url + "/ws/", max_size=None) as socket:
            for _ in range(3):
                await socket.send(message)
                assert await socket.recv() == message
    bounded(talk())


def test_path_is_rewritten(url):
    async def talk():
        async with websockets.connect(url + "/ws/a/b?c=d") as socket:
            await socket.send("path")
            assert await socket.recv() == "/a/b?c=d"
    bounded(talk())


def test_fragments_pings_and_close_code(url):
    async def talk():
        async with websockets.connect(url + "/ws/") as socket:
            await socket.send(["frag", "men", "ted"])
            assert await socket.recv() == "fragmented"
            await (await socket.ping(b"are you there"))
            await socket.close(4001, "enough")
            assert (socket.close_code, socket.close_reason) == (4001, "enough")
    bounded(talk())


def test_busy_in_both_directions(url):
    """Both sides send all the time, nobody waits for an answer: proof that the two directions are independent."""
    count, size = 400, 40000

    async def talk():
        async with websockets.connect(url + "/ws/", max_size=None) as socket:
            async def sender():
                for i in range(count):
                    await socket.send(b"%08d" % i + b"x" * size)

            async def receiver():
                for i in range(count):
                    message = await socket.recv()
                    assert message[:8] == b"%08d" % i and len(message) == size + 8
            await asyncio.gather(sender(), receiver())
    bounded(talk())


def test_many_sockets_at_once(url):
    async def one(n):
        async with websockets.connect(url + "/ws/") as socket:
            for i in range(20):
                await socket.send("%d/%d" % (n, i))
                assert await socket.recv() == "%d/%d" % (n, i)

    async def all_of_them():
        await asyncio.gather(*(one(n) for n in range(60)))
    bounded(all_of_them())


def test_refused_where_the_mapping_does_not_allow_it(url):
    async def talk():
        with pytest.raises(websockets.InvalidStatusCode) as refusal:
            await websockets.connect(url + "/no/")
        assert refusal.value.status_code == 403
        with pytest.raises(websockets.InvalidStatusCode) as refusal:
            await websockets.connect(url + "/nowhere/")
        assert refusal.value.status_code == 404
    bounded(talk())


def test_subprotocol_and_extension_fields_pass(start):
    """Sec-WebSocket-* belong to the ends: negotiated between them, not by nuncio."""
    async def talk():
        async def serve(socket):
            await socket.send(socket.subprotocol or "none")
        async with websockets.serve(serve, "127.0.0.1", 0, subprotocols=["chat.v2"], compression="deflate") as server:
            service = "127.0.0.1:%d" % server.sockets[0].getsockname()[1]
            proxy = await asyncio.to_thread(start, [mapping("ws", "/", service, allow_upgrade=["websocket"])])
            async with websockets.connect("ws://127.0.0.1:%d/" % proxy.port, subprotocols=["chat.v1", "chat.v2"]) as socket:
                assert socket.subprotocol == "chat.v2"
                assert await socket.recv() == "chat.v2"
                assert socket.extensions, "permessage-deflate was negotiated end to end"
    bounded(talk())
