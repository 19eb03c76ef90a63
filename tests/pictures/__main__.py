"""`python -m tests.pictures`: takes the pictures of `docs/pictures/`, writes their index and says what is wrong on the pages.

`--only NAME …` takes some of them; `--to DIR` puts them elsewhere, without an index; `--look zh-dark-390` takes this look of
each; `--all` takes every page as everybody who may see it, in every look, for looking through. Exit status 1 when something
was found.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.pictures.camera import Camera, chromium
from tests.pictures.house import BASE, house, rows
from tests.pictures.index import FOLDER, written
from tests.pictures.pages import LOOKS, PAGES, ROLES, Page

type Shot = tuple[Page, str, Path, str | None]


def asked(words: list[str] | None = None) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.pictures", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=[page.name for page in PAGES])
    parser.add_argument("--to", type=Path, metavar="DIR", help="not into docs/pictures")
    parser.add_argument("--look", nargs="+", choices=LOOKS)
    parser.add_argument("--who", nargs="+", choices=[who for who in ROLES if who])
    parser.add_argument("--all", action="store_true", help="everybody, every look")
    wish = parser.parse_args(words)
    if wish.to is None and (wish.all or wish.look or wish.who):
        parser.error("--all, --look and --who need --to DIR: docs/pictures holds what pages.py lists.")
    return wish


def shots(wish: argparse.Namespace) -> Iterator[Shot]:
    """Which pictures are taken, where they go, and as whom when it is not the page's own person."""
    folder = wish.to or FOLDER
    for page in PAGES:
        if wish.only and page.name not in wish.only:
            continue
        if not (wish.all or wish.look or wish.who):
            yield from ((page, look, folder / name, None) for look, name in page.files.items())
            continue
        people = wish.who or ([who for who in ROLES if who] if wish.all and page.who else [page.who])
        for who in people:
            for look in wish.look or (LOOKS if wish.all else page.looks):
                own = who == page.who
                yield page, look, folder / f"{page.name}.{look}.{who or 'nobody'}.webp", None if own else who


def main() -> int:
    """Take them, say what was found."""
    wish = asked()
    with house() as address:
        import django

        django.setup()
        with chromium() as browser:
            camera = Camera(browser, address, rows())
            for page, look, file, who in shots(wish):
                if camera.take(page, look, file, who=who):
                    print(f"{file.relative_to(BASE) if file.is_relative_to(BASE) else file}")
    if wish.to is None:
        (FOLDER.parent / "pictures.md").write_text(written(), encoding="utf-8")
    print("\n".join([f"found: {len(camera.found)}", *camera.found]))
    return 1 if camera.found else 0


if __name__ == "__main__":
    sys.exit(main())
