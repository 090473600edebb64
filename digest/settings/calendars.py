"""Public holidays by the codes of countries and their parts."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator


@lru_cache
def holidays_of(calendar: str) -> frozenset[date]:
    """The public holidays from 2022 to 2036."""
    # The calendars of the world take a fifth of a second to load: only for whoever names one.
    from holidays import country_holidays  # noqa: PLC0415

    country, _, part = calendar.partition("-")
    # Years that a release is in use: no government has said more about its holidays.
    return frozenset(country_holidays(country, subdiv=part or None, years=range(2022, 2037)))


def _calendar(calendar: str) -> str:
    """The calendar by its codes as ISO 3166 writes them, however they were typed; no names, which have no parts."""
    from holidays import country_holidays, list_supported_countries  # noqa: PLC0415

    country, dash, part = calendar.partition("-")
    parts = list_supported_countries(include_aliases=False).get(country.upper())
    if parts is None:
        try:
            hint = f"; did you mean {country_holidays(country).country}?"
        except NotImplementedError:
            hint = ": write a country such as GB or DE-BY"
        raise ValueError(f"the holidays of {calendar!r} are not known{hint}")
    if not dash:
        return country.upper()
    found = next((one for one in parts if one.casefold() == part.casefold()), None)
    if found is None:
        known = f"its parts: {', '.join(parts)}" if parts else "it has no parts"
        raise ValueError(f"the holidays of {calendar!r} are not known: write {country.upper()} alone; {known}")
    return f"{country.upper()}-{found}"


Calendar = Annotated[str, AfterValidator(_calendar)]
"""A country such as GB, or a part of one such as DE-BY."""
