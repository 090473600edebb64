"""The editor's desk: pages for the people who make the newsletter, all below /desk."""

from digest.web.desk.pages import desk_pages

__all__ = ["desk_pages"]
