"""The desk that the tests of this plugin ask."""

from collections.abc import Iterator
from http.server import ThreadingHTTPServer

import pytest
from apprise_desk import Desk, clerk, serving


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A web server in a thread."""
    desk = Desk()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving(ThreadingHTTPServer, clerk(desk)) as host:
        desk.host = host
        yield desk
        desk.leave.set()
