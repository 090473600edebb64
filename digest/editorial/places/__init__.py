"""Where it happens: the countries, regions and towns that texts name, and what they name them for."""
