"""`manage.py serve`: the whole product in one process."""

import os
from argparse import ArgumentParser
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from paidan.people.models import Role, User


class Command(BaseCommand):
    help = "Prepare the database and serve it on one port until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        if not 0 < port < 65536:
            raise CommandError("The port must be a number between 1 and 65535.")
        call_command("prepare")
        os.environ.setdefault("WEB_CONCURRENCY", "1")
        self._greet(f"http://{host}:{port}")
        uvicorn.run(
            "config.asgi:application", host=host, port=port, workers=1, lifespan="on", log_level="warning",
            ws_max_size=65_536,  # what pages say on the live channel is short
        )  # fmt: skip
        self.stdout.write("已停止 / stopped")

    def _greet(self, address: str) -> None:
        self.stdout.write(f"\nPaidan 派单  {address}   (Ctrl-C 结束 / ends it)   {settings.VAR}")
        logins = set(User.objects.filter(username__in=Role.values).values_list("username", flat=True))
        if logins:
            self.stdout.write("演示账号 / demo logins, 密码 / password: paidan-demo")
            for role in Role:
                if role.value in logins:
                    self.stdout.write(f"  {role.value:<12}{role.label}")
        self.stdout.flush()
