"""`docs/pictures.md`: every picture with what it shows and for whom."""

from pathlib import Path

from tests.pictures.pages import PAGES, ROLES

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
WORDS = {"zh": "", "en": "英文", "light": "", "dark": "深色", "1366": "", "390": "手机"}


def written() -> str:
    """The index as it should be."""
    lines = [
        "# 每一页的样子",
        "",
        "演示车间的画面，每页一张，由平时用它的人打开。`make pictures` 重新拍摄全部画面。",
        "",
    ]
    for page in PAGES:
        lines += [f"## {page.title}（{ROLES[page.who]}）", ""]
        for look, name in page.files.items():
            how = "，".join(word for part in look.split("-") if (word := WORDS[part]))
            lines.append(f"![{page.title}{'，' + how if how else ''}](pictures/{name})")
        lines.append("")
    return "\n".join(lines)
