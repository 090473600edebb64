"""The API for programs, below /api/v1: JSON, tokens with scopes, no cookies."""

from digest.web.api.pages import api_pages

__all__ = ["api_pages"]
