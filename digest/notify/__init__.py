"""How the operator is reached: a mail by a path of its own, a signed webhook, a sign of life for a monitor."""
