"""What every shape of a request or an answer has in common; what is not in a shape is refused, or never told."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr

LARGEST_ID = 2**63 - 1
SlugPath = Annotated[str, Path(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80, description="A slug")]
IdPath = Annotated[int, Path(ge=1, le=LARGEST_ID, description="A number")]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Value = StrictStr | StrictBool | StrictInt | StrictFloat


class Taken(BaseModel):
    """Of what a request holds, nothing is passed over in silence."""

    model_config = ConfigDict(extra="forbid")
