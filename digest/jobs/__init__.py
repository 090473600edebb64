"""The engine: Procrastinate's queue on PostgreSQL, behind the port `Jobs`, and the loop of a worker."""
