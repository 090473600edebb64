"""Writes desk-routes.md from the desk's own table: `python docs/reference/write_desk_routes.py`."""

from __future__ import annotations

from pathlib import Path

from digest.web.desk.access import page

PAGE = Path(__file__).with_name("desk-routes.md")

if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
