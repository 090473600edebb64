"""What SendGrid takes from one reader in one call, checked here so that a whole call is not refused for one."""

from __future__ import annotations

from collections.abc import Mapping

BATCH_SIZE = 1000
"""Personalizations in one call, each with one reader."""
LARGEST_MAIL = 20_000_000
"""Bytes of content. The documented limit of 30 MB is for the mail, and 1,000 readers' own values come on top."""
_LARGEST_PART = 10_000
"""Bytes of substitutions, and of custom_args, in one personalization."""


def too_big(substitutions: Mapping[str, str], custom_args: Mapping[str, str]) -> str:
    """Why these cannot be sent, or an empty string."""
    for name, table in (("substitutions", substitutions), ("custom_args", custom_args)):
        size = byte_size(table)
        if size > _LARGEST_PART:
            return f"{size:,} bytes of {name}; SendGrid takes {_LARGEST_PART:,}"
    return ""


def byte_size(table: Mapping[str, str]) -> int:
    """Bytes of names and values in UTF-8."""
    return len("".join((*table, *table.values())).encode("utf-8", "replace"))
