"""Pictures for the demo shop's tooling, drawn when it is loaded."""

from collections.abc import Callable, Mapping
from io import BytesIO

from PIL import Image, ImageDraw

from paidan.catalog.models import ToolingKind
from paidan.catalog.pictures import webp

SIZE = (1200, 800)
CUT, CREASE, INK, GOLD = "#c81e1e", "#1d63b8", "#0f766e", "#b8860b"


def draw_die(draw: ImageDraw.ImageDraw) -> None:
    """The flat of a folding box: cut lines in red, creases in blue."""
    draw.rectangle((100, 260, 1100, 560), outline=CUT, width=6)
    for x in (120, 360, 600, 840):
        draw.line((x, 260, x, 560), fill=CREASE, width=4)
    for x in (120, 600):
        draw.polygon(((x, 260), (x + 20, 130), (x + 220, 130), (x + 240, 260)), outline=CUT, width=6)
        draw.polygon(((x, 560), (x + 20, 690), (x + 220, 690), (x + 240, 560)), outline=CUT, width=6)


def draw_artwork(draw: ImageDraw.ImageDraw) -> None:
    """A printed face with register marks and a strip of process colours."""
    draw.rectangle((150, 100, 1050, 620), fill=INK)
    draw.ellipse((420, 180, 780, 540), fill="#fef3c7")
    draw.polygon(((600, 220), (700, 480), (500, 480)), fill=GOLD)
    for place, colour in enumerate(("#00aeef", "#ec008c", "#fff200", "#231f20")):
        draw.rectangle((400 + place * 100, 670, 490 + place * 100, 740), fill=colour)
    for x, y in ((80, 60), (1120, 60), (80, 740), (1120, 740)):
        draw.line((x - 24, y, x + 24, y), fill="black", width=3)
        draw.line((x, y - 24, x, y + 24), fill="black", width=3)


DRAWN: Mapping[str, Callable[[ImageDraw.ImageDraw], None]] = {
    ToolingKind.DIE: draw_die,
    ToolingKind.ARTWORK: draw_artwork,
}
"""The kinds whose picture says something."""


def picture_of(kind: str) -> bytes:
    """A picture of this kind of tooling as the house keeps it."""
    image = Image.new("RGB", SIZE, "white")
    DRAWN[kind](ImageDraw.Draw(image))
    sent = BytesIO()
    image.save(sent, "PNG")
    return webp(sent.getvalue())
