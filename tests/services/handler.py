"""A function for the Lambda runtime's own tests."""

import os
import time
from typing import Any

INVOCATIONS: list[object] = []


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    INVOCATIONS.append(event)
    if "fail" in event:
        raise ValueError(event["fail"])
    time.sleep(event.get("sleep", 0))
    print("handled", event)
    left = context.get_remaining_time_in_millis()
    return {"event": event, "count": len(INVOCATIONS), "greeting": os.environ.get("GREETING"), "left": left}
