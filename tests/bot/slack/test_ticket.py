"""From "Ask a human" in Slack to a ticket in Zendesk, and back."""

from io import StringIO
from pathlib import Path

from bot.app import App
from bot.local.account.account import Account
from bot.local.account.faults import Kind
from bot.local.slacking import answering
from tests.bot.slack.desk import Help, settings, values


def test_ask_a_human_opens_one_ticket_and_links_it_in_the_thread(help_: Help, home: Path) -> None:
    help_.slack.use_sockets()
    log = StringIO()
    with Account() as zendesk:
        own = zendesk.authority
        stated = settings(
            home,
            help_.slack,
            zendesk_subdomain="example",
            zendesk_url=zendesk.url,
            zendesk_client_id=own.client_id,
            zendesk_client_secret=own.client_secret,
        )
        zendesk.faults.add(Kind.LOSE, "POST tickets")
        with answering(App(stated), log):
            question = help_.ask()
            reply = help_.answer(question)
            value = next(each for each in values(reply.blocks) if ":" not in each)
            for _ in range(2):
                help_.slack.click(help_.ada, reply, "ask_human", value)
            help_.slack.wait_for(
                lambda: any("/agent/tickets/" in str(each.blocks) for each in help_.slack.thread(question))
            )
        [ticket] = zendesk.desk.tickets.values()
        linked = [
            each
            for each in help_.slack.thread(question)
            if f"{zendesk.url}/agent/tickets/{ticket.id}" in str(each.blocks)
        ]
        assert linked
        assert "thirty days" in ticket.comments[0].plain
        assert not ticket.is_public
    for secret in (own.client_secret, *own.issued, "thirty days"):
        assert secret not in log.getvalue()
