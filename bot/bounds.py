"""Within which bounds the numbers of the settings make sense.

An infinite budget would never be told of, and a calendar has no room for a million years: such a number is a slip.
"""

from typing import Annotated

from msgspec import Meta

LONGEST = 36_500  # days
Positive = Annotated[int, Meta(ge=1, le=1_000_000)]
Quota = Annotated[int, Meta(ge=0, le=1_000_000)]
Seconds = Annotated[float, Meta(gt=0, le=3_600)]
Dollars = Annotated[float, Meta(ge=0, le=100_000_000)]
Days = Annotated[int, Meta(ge=1, le=LONGEST)]
Retention = Annotated[int, Meta(ge=15, le=LONGEST)]  # days: longer than a queue delivers
Deliveries = Annotated[int, Meta(ge=1, le=1_000)]  # as SQS has it
