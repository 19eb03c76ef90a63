"""The address of a wall board: signed, so that it cannot be guessed; a row behind it, so that it can be revoked."""

from django.core import signing

from paidan.console.models import WallLink

SALT = "paidan.console.wall.v1"


def token(link: WallLink) -> str:
    """What stands in the address."""
    return signing.dumps([link.pk, link.nonce], salt=SALT)


def find(text: str) -> WallLink | None:
    """The link that this token was made for, while it is in force."""
    try:
        pk, nonce = signing.loads(text, salt=SALT)
        return WallLink.objects.select_related("department").filter(pk=pk, nonce=nonce, revoked_at=None).first()
    except (signing.BadSignature, ValueError, TypeError):
        return None
