"""The web: pages for readers, the state of the machine for whoever watches it, and `digest serve`."""

from digest.web.app import create_web
from digest.web.server import serve

__all__ = ["create_web", "serve"]
