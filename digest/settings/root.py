"""All of it in one: the keys at the top, secrets from the environment, and that names meet."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    Field,
    SecretStr,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from digest.model.errors import ConfigError
from digest.settings.api import ApiSettings, WebhookSettings
from digest.settings.kinds import ENV_PREFIX
from digest.settings.newsletters import NewsletterSettings
from digest.settings.operations import (
    AlarmSettings,
    BounceBox,
    DeskSettings,
    FeedbackSettings,
    RetentionSettings,
    WorkerSettings,
)
from digest.settings.providers import ProviderSettings
from digest.settings.site import Site, Storage
from digest.settings.sources import Fetching, SourceSettings, SummariserSettings

PROVIDER_SECRETS = (
    ("smtp", "password"),
    ("sendgrid", "api_key"),
    ("ses", "secret_access_key"),
    ("mailgun", "api_key"),
    ("mailgun", "webhook_signing_key"),
    ("postmark", "server_token"),
    ("postmark", "webhook_password"),
    ("resend", "api_key"),
    ("resend", "webhook_secret"),
)
SECRETS = (
    ("secret_keys",),
    ("storage", "objects", "secret_access_key"),
    ("summariser", "api_key"),
    ("alarms", "mail", "password"),
    ("alarms", "webhook", "secret"),
    ("alarms", "heartbeat_url"),
    ("alarms", "sentry_dsn"),
    ("bounces", "password"),
    ("desk", "sign_in", "oidc", "client_secret"),
    *(("provider", *place) for place in PROVIDER_SECRETS),
)


def secrets_of(settings: Settings) -> Iterator[str]:
    """Every secret that is set, each signing key apart; for hiding them, not for using them."""
    for place in SECRETS:
        found: Any = settings
        for step in place:
            found = getattr(found, step)
        for secret in found.get_secret_value().split(",") if place == ("secret_keys",) else [found.get_secret_value()]:
            if secret.strip():
                yield secret.strip()
    yield from (url.get_secret_value() for url in settings.alarms.heartbeat_urls.values())


class _WithSecretFiles(PydanticBaseSettingsSource):
    """The environment, where `DIGEST_…_FILE` may name a file that holds a secret, as container platforms do."""

    def __init__(self, settings_cls: type[BaseSettings], environment: PydanticBaseSettingsSource) -> None:
        super().__init__(settings_cls)
        self._environment = environment

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """One field of the environment, as the inner source reads it."""
        return self._environment.get_field_value(field, field_name)

    def __call__(self) -> dict[str, Any]:
        """Everything that the environment says. Raises ConfigError for a file that cannot be read."""
        found = self._environment()
        for *outer, key in SECRETS:
            variable = ENV_PREFIX + "__".join((*outer, key)).upper() + "_FILE"
            name = os.environ.get(variable)
            if not name:
                continue
            if os.environ.get(variable.removesuffix("_FILE")):
                raise ConfigError(
                    f"the environment's {variable} and {variable.removesuffix('_FILE')} both name the secret; keep one"
                )
            try:
                secret = Path(name).read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigError(f"{variable}: {name} cannot be read: {error}") from error
            inner = found
            for step in outer:
                inner = inner.setdefault(step, {})
            inner.pop(f"{key}_file", None)
            inner[key] = secret
        return found


class Settings(BaseSettings):
    """Everything an operator can say. Unknown keys are errors; secrets come from the environment only."""

    model_config = SettingsConfigDict(
        use_attribute_docstrings=True,
        env_prefix=ENV_PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        env_ignore_empty=True,
    )

    var_dir: Path = Path("var")
    """Where working files go: previews, the secret key, the lock; relative to the working directory."""
    secret_keys: SecretStr = SecretStr("")
    """Keys for signed links, parted by commas, newest last; empty = one is made and kept in var_dir."""
    engine: Literal["none", "procrastinate"] = "none"
    """`procrastinate` = the scheduler only asks, and any number of `digest worker` do the work; needs PostgreSQL."""
    site: Site = Site()
    storage: Storage = Storage()
    workers: WorkerSettings = WorkerSettings()
    provider: ProviderSettings = ProviderSettings()
    alarms: AlarmSettings = AlarmSettings()
    retention: RetentionSettings = RetentionSettings()
    bounces: BounceBox = BounceBox()
    feedback: FeedbackSettings = FeedbackSettings()
    fetching: Fetching = Fetching()
    summariser: SummariserSettings = SummariserSettings()
    desk: DeskSettings = DeskSettings()
    api: ApiSettings = ApiSettings()
    webhooks: WebhookSettings = WebhookSettings()
    sources: tuple[SourceSettings, ...] = ()
    """Where stories come from."""
    newsletters: tuple[NewsletterSettings, ...] = Field(min_length=1)
    """One or more."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file."""
        return _WithSecretFiles(settings_cls, env_settings), init_settings

    @model_validator(mode="after")
    def _names_meet(self) -> Settings:
        for kind, slugs in (
            ("sources", [source.slug for source in self.sources]),
            ("newsletters", [one.slug for one in self.newsletters]),
        ):
            twice = {slug for slug in slugs if slugs.count(slug) > 1}
            if twice:
                raise ValueError(f"{kind}: the slug {min(twice)!r} stands twice; give each its own")
        if self.engine == "procrastinate" and not self.storage.url.startswith("postgresql"):
            raise ValueError(
                "engine: procrastinate keeps its queue in PostgreSQL, and storage.url is "
                f"{self.storage.url.partition(':')[0]}; set storage.url to postgresql+psycopg://… "
                "(`digest db move` takes what is there along), or engine to none"
            )
        known = [source.slug for source in self.sources]
        for one in self.newsletters:
            for slug in one.sources:
                if slug not in known:
                    near = difflib.get_close_matches(slug, known, n=1)
                    hint = f"; did you mean {near[0]!r}?" if near else ""
                    raise ValueError(f"newsletters.{one.slug}.sources: there is no source {slug!r}{hint}")
        for slug in self.alarms.heartbeat_urls:
            if slug not in (slugs := [one.slug for one in self.newsletters]):
                near = difflib.get_close_matches(slug, slugs, n=1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise ValueError(f"alarms.heartbeat_urls: there is no newsletter {slug!r}{hint}")
        return self

    @property
    def domain_of_lists(self) -> str:
        """Domain for List-ID and Message-ID."""
        return self.site.list_domain or re.sub(r"^https?://|[:/].*$", "", self.site.base_url)
