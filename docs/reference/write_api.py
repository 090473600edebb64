"""Writes api.md from the API's own table: `python docs/reference/write_api.py`."""

from __future__ import annotations

from pathlib import Path

from digest.web.api.reference import page

PAGE = Path(__file__).with_name("api.md")

if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
