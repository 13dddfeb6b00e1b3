"""How a fake in its own process is steered: /-/settings, /-/fail, /-/reset, /-/state.

Unsigned and outside of every AWS path, so that no client comes here by accident.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from tests.fakes.bedrock.faults import Fault

if TYPE_CHECKING:
    from tests.fakes.bedrock.service import Service
    from tests.fakes.bedrock.wire import Incoming

_JSON = {"Content-Type": "application/json"}


def steer(service: Service, incoming: Incoming) -> tuple[int, dict[str, str], bytes]:
    orders = json.loads(incoming.body or b"{}")
    match incoming.path:
        case "/-/settings":
            service.settings.change(orders)
        case "/-/fail":
            service.faults.append(Fault(**orders))
        case "/-/reset":
            service.reset()
        case "/-/state":
            pass
        case _:
            return 404, _JSON, b"{}"
    recorder = service.recorder
    state = {
        "counters": recorder.counters,
        "open_streams": recorder.open_streams,
        "peak_streams": recorder.peak_streams,
        "cpu_seconds": time.process_time(),
    }
    return 200, _JSON, json.dumps(state).encode()
