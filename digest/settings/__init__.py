"""config.yaml and the environment -> Settings, read once, frozen; every mistake named with its place."""

from digest.settings.kinds import ENV_PREFIX as ENV_PREFIX
from digest.settings.loading import load_settings as load_settings
from digest.settings.newsletters import NewsletterSettings as NewsletterSettings
from digest.settings.providers import Dkim as Dkim
from digest.settings.providers import ProviderSettings as ProviderSettings
from digest.settings.providers import Resend as Resend
from digest.settings.providers import SendGrid as SendGrid
from digest.settings.providers import Smtp as Smtp
from digest.settings.root import Settings as Settings
from digest.settings.sources import SourceSettings as SourceSettings
