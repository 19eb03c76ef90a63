"""A web server of our own, and whom the tests tell what."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from paidan_apprise import AppriseNotifier

from paidan.contracts import Delivery
from paidan.testing import message, recipient

ANN = recipient(
    name="Ann", addresses={"email": "ann+shop@example.cn", "mobile": "13800138000", "wecom": "", "u": "a b/c&d=1?#"}
)
TASK = message("m-1", title="新任务", text="印刷 <礼盒> 1,000 张", url="https://paidan.example.cn/t/7", recipient=ANN)
HIDDEN = "s3cr3tt0ken"


@dataclass
class Desk:
    """What the server answers, and the requests that it got."""

    status: int = 200
    words: dict[str, Any] = field(default_factory=dict)
    got: list[tuple[str, Any]] = field(default_factory=list)
    hang: bool = False
    leave: threading.Event = field(default_factory=threading.Event)
    host: str = ""


def clerk(desk: Desk) -> type[BaseHTTPRequestHandler]:
    """Who answers as the desk says."""

    class Clerk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            desk.got.append((self.path, json.loads(body or b"null")))
            if desk.hang:
                desk.leave.wait(10)
                return
            answer = json.dumps(desk.words).encode()
            self.send_response(desk.status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *words: Any) -> None:
            pass

    return Clerk


@contextmanager
def serving(kind: Callable[..., Any], handler: type) -> Iterator[str]:
    """A server in a thread, as long as the block lasts."""
    server = kind(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def closed() -> str:
    """An address where nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{one.getsockname()[1]}"


def deliver(*urls: str, **settings: Any) -> Delivery:
    """What becomes of Ann's message with these addresses and settings."""
    return AppriseNotifier(urls=urls, **settings).deliver(TASK)
