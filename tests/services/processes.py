"""Programs that tests start, pause, kill and stop by their process id.

None outlives pytest, not even one killed with SIGKILL: a watcher in the program's own group reads a pipe that only
pytest holds open, and at its end kills the group.
"""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

LEASH = 'exec 3<&0 </dev/null; (read -r _ <&3; kill -KILL 0) & exec 3<&-; exec "$@"'
LINES = 30


class Process:
    """One program, the leader of its own process group; what it says is kept in `log`."""

    def __init__(self, command: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> None:
        self.log = log
        with log.open("ab") as said:
            self._started = subprocess.Popen(
                ["/bin/sh", "-c", LEASH, "leash", *command],
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=subprocess.STDOUT,
                env=env,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._started.pid

    @property
    def runs(self) -> bool:
        return self._started.poll() is None

    def pause(self) -> None:
        """Connections stay open and new ones are accepted by the kernel, but nothing answers.

        Only once it is ready: before that the leash may not hold yet.
        """
        self._started.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._started.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self._started.kill()
        self._end()

    def stop(self, seconds: float = 20) -> None:
        """SIGTERM, and SIGKILL when that is not obeyed."""
        self.resume()
        self._started.terminate()
        try:
            self._started.wait(seconds)
        except subprocess.TimeoutExpired:
            self._started.kill()
        self._end()

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Raises with the end of the log when the program has ended or is not ready in time."""
        limit = time.monotonic() + seconds
        while not ready():
            if not self.runs or time.monotonic() > limit:
                why = f"was not ready in {seconds} s" if self.runs else f"ended with {self._started.returncode}"
                self.stop()
                raise FailedToStartError(f"it {why}; it said:\n" + "\n".join(self.said().splitlines()[-LINES:]))
            time.sleep(0.02)

    def _end(self) -> None:
        self._started.wait()
        if self._started.stdin is not None:
            self._started.stdin.close()  # the leash


class FailedToStartError(Exception):
    """A service is there but does not come up: never a reason to skip."""


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def environment(**more: str) -> dict[str, str]:
    """The machine's own, without what is set for the tests."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ} | more
