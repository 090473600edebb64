"""Where a text of our own may be asked for; off unless the operator names a service."""
