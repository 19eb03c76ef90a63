"""A Redis of the tests' own: started, killed, made to hang and brought back."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

PROGRAM = shutil.which("redis-server")
needs_redis = pytest.mark.skipif(
    not PROGRAM, reason="redis-server is not installed; Debian's package redis-server has it, and .ci/run installs it"
)


class Redis:
    """One server on one port, without a file; what it knew is gone when it dies."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.folder = tempfile.mkdtemp(prefix="paidan-redis-")
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        settings = ["--port", str(self.port), "--save", "", "--appendonly", "no", "--bind", "127.0.0.1"]
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen([str(PROGRAM), *settings], cwd=self.folder, stdout=quiet, stderr=quiet)
        end = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert time.monotonic() < end, "redis-server did not start"
                time.sleep(0.02)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def hang(self) -> None:
        os.kill(self.process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self.process.pid, signal.SIGCONT)

    def end(self) -> None:
        if self.process.poll() is None:
            self.go_on()
            self.kill()
        for path in Path(self.folder).iterdir():
            path.unlink()
        Path(self.folder).rmdir()
