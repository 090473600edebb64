"""Putting the archive where a CDN serves it."""

from __future__ import annotations

import click

from digest.cli.exits import Exit
from digest.cli.frame import Call, command
from digest.cli.output import print_json, say


@command("publish", examples=("digest publish", "digest publish --newest 5000", "digest publish --json"))
@click.option("--newest", type=click.IntRange(1), default=31, show_default=True, help="Editions of each newsletter.")
def publish(call: Call, newest: int) -> Exit:
    """Put the archive's pages and feeds into the bucket.

    That of `storage.objects`, for a CDN that serves them in our place; the map of the site too. What is
    there already and has not changed is left. Run it by a timer, every five minutes; it needs no other process.
    """
    from digest.web.publishing import publish as put_pages
    from digest.wiring import open_app, open_bucket

    settings = call.settings()
    bucket = open_bucket(settings)
    try:
        with open_app(settings) as app:
            done = put_pages(app, settings.site.base_url, bucket, newest=newest)
    finally:
        bucket.close()
    if call.json:
        print_json({"put": done.put, "same": done.same})
    else:
        say(f"{done.put} put, {done.same} there already")
    return Exit.DONE
