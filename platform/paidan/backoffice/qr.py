"""QR codes as images that need no file."""

import segno
from django.http import HttpRequest


def drawn(text: str) -> str:
    """A QR code of this text, black on white, in the dark too."""
    uri: str = segno.make(text, micro=False, error="m").svg_data_uri(border=3, dark="#000", light="#fff")
    return uri


def of_page(request: HttpRequest, path: str) -> str:
    """A QR code of the whole address of one of our pages."""
    return drawn(request.build_absolute_uri(path))
