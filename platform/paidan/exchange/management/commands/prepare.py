"""`manage.py prepare`: what must be true before the product can run."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from paidan.exchange.shop import load_demo, load_shop
from paidan.people.models import Department, User
from paidan.registry.actions import sync


class Command(BaseCommand):
    help = "Bring the database up to date, and load the demo shop when it is empty. The same again changes nothing."

    def handle(self, *args: Any, verbosity: int = 1, **options: Any) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        sync()
        if User.objects.exists():
            return
        if settings.SECURE:  # the demo's password is known to everybody
            if not Department.objects.exists():
                load_shop()
            self.stdout.write(
                "空数据库：已载入部门、工序、角色，没有人员。请运行 manage.py createsuperuser / no people yet"
            )
            return
        if verbosity:
            self.stdout.write("空数据库：载入演示车间 … / empty database: loading the demo shop …")
        load_demo()
