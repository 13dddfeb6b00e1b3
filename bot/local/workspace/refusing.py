"""How Slack says no: an error code in a JSON answer, mostly with HTTP status 200."""

from bot.local.workspace.nouns import Json


class RefusalError(Exception):
    """The answer to a call that Slack refused; `rest` are the further fields of that answer."""

    def __init__(self, code: str, **rest: object) -> None:
        super().__init__(code)
        self.code = code
        self.rest = rest

    def answer(self) -> Json:
        return {"ok": False, "error": self.code, **self.rest}


class LimitedError(RefusalError):
    """Too many calls: status 429, with the seconds to wait in a header."""

    def __init__(self, seconds: int) -> None:
        super().__init__("ratelimited")
        self.seconds = seconds
