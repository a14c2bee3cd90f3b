"""What is said in both directions. A field that is not named here is a mistake, and is told so."""

from typing import Annotated, Literal

from ninja import Schema
from pydantic import ConfigDict, Field, StrictInt, StrictStr

LARGEST_NUMBER = 2**63 - 1
LONGEST_ADDRESS = 320


class Person(Schema):
    """Who is meant: somebody's email address, or their number in Meridian. One of the two."""

    model_config = ConfigDict(extra="forbid")

    email: Annotated[StrictStr, Field(max_length=LONGEST_ADDRESS)] | None = None
    lead: Annotated[StrictInt, Field(ge=1, le=LARGEST_NUMBER)] | None = None


class Offered(Schema):
    """A sequence that can be begun. While it is paused whoever begins waits in it."""

    key: str
    name: str
    state: Literal["live", "paused"]
    about: str


class Offer(Schema):
    sequences: list[Offered]


class Begun(Schema):
    """They began, or are under way from before."""

    outcome: Literal["begun", "under_way"]


class Problem(Schema):
    """Why not, as RFC 9457 has it. `outcome` is there where a person does not begin."""

    type: str
    title: str
    status: int
    detail: str
    outcome: Literal["may_not", "not_again", "not_fitting"] | None = None
    errors: list[dict[str, str]] | None = None
