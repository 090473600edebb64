"""Writes desk-routes.md and desk-undo.md from the desk's own tables: `python docs/reference/write_desk_routes.py`."""

from __future__ import annotations

from pathlib import Path

from digest.web.desk import access, undo

PAGES = {"desk-routes.md": access.page, "desk-undo.md": undo.page}

if __name__ == "__main__":
    for name, page in PAGES.items():
        Path(__file__).with_name(name).write_text(page(), encoding="utf-8")
