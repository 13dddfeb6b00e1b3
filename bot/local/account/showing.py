"""The endpoints of what a ticket only points at: brands, and the files that came with a comment."""

from bot.local.account.desk import Desk
from bot.local.account.exchanging import Request, Response, Route, missing


class Showing:
    """Brands and attachments."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def routes(self) -> list[Route]:
        return [("GET", "brands/{id}", self.brand), ("GET", "/attachments/token/{id}/", self.file)]

    def brand(self, _request: Request, id: int) -> Response:  # noqa: A002 - the platform's word
        if id not in self._desk.brands:
            raise missing()
        return Response(200, {"brand": self._desk.brands[id]})

    def file(self, _request: Request, id: int) -> Response:  # noqa: A002
        if id not in self._desk.files:
            raise missing()
        return Response(200, self._desk.files[id])
