"""open_app(settings) -> App: the only place that knows which adapter is in use."""

from digest.wiring.app import (
    IMPORTS,
    Quiet,
    has_database,
    install_queue,
    open_app,
    open_erasure_key,
    open_imports,
    open_jobs,
    open_store,
)
from digest.wiring.bells import errors_told, open_bells, open_hooks, open_monitor
from digest.wiring.feedback import open_event_hooks, open_feedback, open_lookups, open_mailbox, open_suppressions
from digest.wiring.identity import KEY_FILE, MARK_FILE, is_gone, owner_name, secret_keys, utc_now
from digest.wiring.mail import mail_leaves, open_provider, open_providers, open_rates, stays_here
from digest.wiring.pages import (
    PICTURES,
    open_bucket,
    open_letters,
    open_newsletter,
    open_pictures,
    open_renderer,
    picture_host,
    read_logo,
    templates_dir,
)
from digest.wiring.people import open_house, open_vouching
from digest.wiring.sources import open_added, open_door, open_fetcher, open_pages, open_sources, open_summariser

__all__ = [
    "IMPORTS",
    "KEY_FILE",
    "MARK_FILE",
    "PICTURES",
    "Quiet",
    "errors_told",
    "has_database",
    "install_queue",
    "is_gone",
    "mail_leaves",
    "open_added",
    "open_app",
    "open_bells",
    "open_bucket",
    "open_door",
    "open_erasure_key",
    "open_event_hooks",
    "open_feedback",
    "open_fetcher",
    "open_hooks",
    "open_house",
    "open_imports",
    "open_jobs",
    "open_letters",
    "open_lookups",
    "open_mailbox",
    "open_monitor",
    "open_newsletter",
    "open_pages",
    "open_pictures",
    "open_provider",
    "open_providers",
    "open_rates",
    "open_renderer",
    "open_sources",
    "open_store",
    "open_summariser",
    "open_suppressions",
    "open_vouching",
    "owner_name",
    "picture_host",
    "read_logo",
    "secret_keys",
    "stays_here",
    "templates_dir",
    "utc_now",
]
