"""The real product on a port of its own, with the demo shop in a temporary folder."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BASE = Path(__file__).resolve().parents[2]
PATIENCE = 120


@contextmanager
def house() -> Iterator[str]:
    """Load the demo shop and serve it; gives the address. Nothing of it remains."""
    with tempfile.TemporaryDirectory(prefix="pd-pictures-") as folder:
        for name in ("REDIS_URL", "DEBUG", "SECURE", "DATABASE_URL", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS"):
            os.environ.pop(name, None)
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DJANGO_ALLOW_ASYNC_UNSAFE": "1",  # Playwright keeps a loop in this thread; nothing here runs at once
            "PAIDAN_VAR": folder,
            "LANGUAGE_CODE": "zh-hans",
            "TIME_ZONE": "Asia/Shanghai",
        }
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        server = subprocess.Popen([sys.executable, "manage.py", "serve", f"--port={port}"], cwd=BASE, stdout=-3)
        try:
            _wait(f"http://127.0.0.1:{port}/login/")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(20)


def _wait(address: str) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def rows() -> Mapping[str, Any]:
    """What stands in the addresses of the pages, by the names that `pages` uses."""
    from django.contrib.auth.models import Group
    from django.utils import timezone

    from paidan.catalog.models import Process, Product, Tooling
    from paidan.console.wall import actions as walls
    from paidan.console.wall import links
    from paidan.dispatch.models import DispatchRule, DispatchSwitch
    from paidan.exchange import actions as exchange
    from paidan.notices.models import Notification, Rule
    from paidan.orders.models import DispatchDecision, Task, WorkOrder
    from paidan.people.actions import place
    from paidan.people.models import Department, User
    from paidan.registry.models import Plugin

    def person(name: str) -> User:
        return User.objects.get(username=name)

    def order(product: str) -> WorkOrder:
        return WorkOrder.objects.filter(lines__product__code=product).earliest("pk")

    printing = Department.objects.get(code="printing")
    if not User.objects.filter(username="production1").exists():
        newcomer = User.objects.create(username="production1", name="新员工", is_staff=True)
        place(newcomer, role="operator", department=Department.objects.get(code="production"))
    Notification.objects.update(sent_at=timezone.now())  # told before, so that no page is covered by what pops up
    tasks = Task.objects.filter(department=printing)
    wall = walls.make(printing, by=person("supervisor"), screen="2号机旁")
    upload = exchange.keep((BASE / "fixtures/orders.xlsx").read_bytes(), name="orders.xlsx", by=person("maker"))
    pooled = tasks.filter(status="pending", operator=None).earliest("pk")
    return {
        "draft": order("BOOKLET").pk,
        "rejected": order("BOX-TOY").pk,
        "submitted": order("BOX-TEA").pk,
        "approved": order("BOX-GIFT").pk,
        "started": order("BOX-DRUG").pk,
        "upload": upload.pk,
        "pooled": pooled.pk,
        "mine": tasks.filter(operator=person("operator"), status__in=("in_progress", "pending")).latest("status", "pk").pk,
        "decision": DispatchDecision.objects.latest("pk").pk,
        "printing": printing.pk,
        "production": Department.objects.get(code="production").pk,
        "wall": links.token(wall),
        "screen": wall.pk,
        "die": Tooling.objects.exclude(picture="").filter(kind="die").values_list("pk", flat=True)[0],
        "rule": DispatchRule.objects.earliest("pk").pk,
        "switch": DispatchSwitch.objects.get_or_create(pk=1)[0].pk,
        "notice_rule": Rule.objects.earliest("pk").pk,
        "product": Product.objects.get(code="BOX-GIFT").pk,
        "process": Process.objects.get(code="PRT").pk,
        "person": person("printing2").pk,
        "post": Group.objects.get(name="printing:operator").pk,
        "plugin": Plugin.objects.earliest("pk").pk,
        "missing": 987_654_321,
    }  # fmt: skip
