"""`manage.py sync_roles`: groups and posts hold exactly the rights of the role file."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from paidan.people.actions import sync_roles
from paidan.people.role_file import role_rights


class Command(BaseCommand):
    help = "Give every role and post exactly the rights of fixtures/roles.json. The same again changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            sync_roles(role_rights())
        except ValueError as problem:
            raise CommandError(f"{problem}. Nothing was changed; correct fixtures/roles.json.") from None
        self.stdout.write("roles are in step")
