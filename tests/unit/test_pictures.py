"""The gallery: what the README links is there, and what is there is linked."""

import re
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
LINK = re.compile(r"\((demo/pictures/[^)]+\.svg)\)")


def test_each_picture_is_linked_and_each_link_leads_to_one():
    linked = set(LINK.findall((CHECKOUT / "README.md").read_text("utf-8")))
    there = {f"demo/pictures/{path.name}" for path in (CHECKOUT / "demo/pictures").iterdir()}
    assert linked == there


def test_no_picture_fetches_anything():
    for path in (CHECKOUT / "demo/pictures").iterdir():
        picture = path.read_text("utf-8")
        assert "@font-face" not in picture, path.name
        assert not re.search(r"(?:href|src)\s*=|url\((?!#)", picture), path.name
