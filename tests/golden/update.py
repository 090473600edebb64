"""Writes the goldens anew: `python -m tests.golden.update`, then read the difference before you commit it."""

from __future__ import annotations

from tests.golden.render import FOLDER, goldens


def main() -> None:
    """Write every golden and say which have changed."""
    for name, text in goldens().items():
        path = FOLDER / name
        changed = not path.exists() or path.read_text(encoding="utf-8") != text
        path.write_text(text, encoding="utf-8")
        print(f"{'changed' if changed else 'same   '} tests/golden/{name}")


if __name__ == "__main__":
    main()
