"""What each role allows, as the shop's role file says it."""

import json
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import Permission

FILE = Path(settings.BASE_DIR) / "fixtures/roles.json"


def role_rights() -> dict[str, list[str]]:
    """The rights of each role, written `app.codename`; `*` is spelled out as every permission there is."""
    every = [
        f"{permission.content_type.app_label}.{permission.codename}"
        for permission in Permission.objects.select_related("content_type")
    ]
    roles = json.loads(FILE.read_text(encoding="utf-8"))
    return {role: every if rights == ["*"] else rights for role, rights in roles.items()}
