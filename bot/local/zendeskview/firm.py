"""The people of the simulated account: who writes tickets, and who answers them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from bot.local.account.account import Account

User = dict[str, Any]
CUSTOMERS = (
    ("Ada Okafor", "ada@shop.example"),
    ("Bruno Keller", "bruno@studio.example"),
    ("Chloé Martin", "chloe@cafe.example"),
)


@dataclass(frozen=True, slots=True)
class Firm:
    """Who may write, and what there is to answer from."""

    account: Account
    subdomain: str  # another each time: numbers begin anew with every account, and what is on record of them stays
    agent: User
    customers: Mapping[int, User]
    documents: Callable[[], int]


def firm(account: Account, documents: Callable[[], int]) -> Firm:
    agent = account.desk.add_user("Grace", "grace@larkpost.example", "agent")
    customers = [account.desk.add_user(name, email) for name, email in CUSTOMERS]
    return Firm(account, f"larkpost-{token_hex(4)}", agent, {int(each["id"]): each for each in customers}, documents)
