# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The nuncio authors
# One test: NUNCIO_BIN=build/nuncio pytest test/e2e/test_pool.py -k keep_alive       (all, on two cores: pytest -n 2 test/e2e)
"""Fixtures of the end-to-end tests. They drive the real binary with real clients and scripted peers, on loopback only.

NUNCIO_BIN, NUNCIO_WORKERS: kit/nuncio.py. NUNCIO_TEST_LIMIT: seconds until a wait counts as failed. NUNCIO_SLOW=1: the tests that need
a minute each too.
"""
import os
import pathlib

import pytest

from kit import nuncio as nuncio_module
from kit.nuncio import Nuncio, mapping
from kit.origin import Origin


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes more than half a minute; runs with NUNCIO_SLOW=1")


def pytest_collection_modifyitems(config, items):
    skip = pytest.mark.skip(reason="takes a minute: set NUNCIO_SLOW=1")
    for item in items:
        if "slow" in item.keywords and not os.environ.get("NUNCIO_SLOW"):
            item.add_marker(skip)


def pytest_sessionstart(session):
    if not session.config.option.collectonly and not os.access(nuncio_module.BINARY, os.X_OK):
        pytest.exit("no binary at %s: build it, or set NUNCIO_BIN" % nuncio_module.BINARY, 2)


@pytest.fixture
def start(tmp_path):
    """start(documents, **options) → a running Nuncio; stopped and checked at the end of the test."""
    running = []

    def make(documents=None, **options):
        proxy = Nuncio(tmp_path / ("nuncio-%d" % len(running)), documents, start=False, **options)
        running.append(proxy)
        return proxy.start(options.get("ready", True))
    yield make
    problems = []
    for proxy in reversed(running):
        try:
            proxy.stop()
        except AssertionError as e:
            problems.append(str(e))
    assert not problems, "\n".join(problems)


@pytest.fixture
def make_origin():
    """make_origin(answer, script=…) → an Origin; closed at the end, and nuncio must have written nothing malformed to it."""
    made = []

    def make(*args, **options):
        made.append(Origin(*args, **options))
        return made[-1]
    yield make
    for origin in made:
        origin.close()
    for origin in made:
        origin.check()


@pytest.fixture
def origin(make_origin):
    """An origin that answers with the request it saw, as JSON."""
    return make_origin()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A pair (proxy, origin) for the tables of a module: everything goes to one echoing origin, the path as it is."""
    with Origin() as echo_origin:
        documents = [mapping("all", "/", echo_origin, rewrite="")]
        with Nuncio(tmp_path_factory.mktemp("shared"), documents) as proxy:
            yield proxy, echo_origin


@pytest.fixture
def pair(shared):
    """`shared`, clean before and checked after each test."""
    proxy, echo_origin = shared
    proxy.before_test()
    echo_origin.forget()
    echo_origin.faults.clear()
    yield proxy, echo_origin
    proxy.after_test()
    echo_origin.check()


@pytest.fixture
def examples():
    """The directory of example configurations."""
    return pathlib.Path(nuncio_module.ROOT) / "conf"
