"""Deploy everything with one command: `make deploy STAGE=dev`, or `python -m infra.deploying dev`.

SAM does the work: it uploads, shows the change set and asks. What stands here is before it (what is stated, who
deploys, the package) and after it (what CloudFormation cannot know: secrets, the doctor, a first question, what to
paste). It ends with 0 only where all of that is well.
"""

import argparse
import getpass
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.accounts import SHELL, UNMADE, Account, DeployingError, Installation, Stack
from infra.applying import Sam
from infra.feeding import Folder
from infra.filling import ROOT
from infra.keeping import kept, make_way
from infra.packaging import build
from infra.parameters import stated
from infra.pasting import addresses, manifest
from infra.removing import remove
from infra.secrets import Secrets
from infra.smoking import smoke
from infra.target import LAMBDA, PackagingError

UNWELL = (
    "it is deployed, but {}. What is said above tells why, or the query function's log does: mend it, and deploy "
    "again, or look with `supportbot --stage {} doctor`"
)
PACKAGE = ROOT / "build" / "lambda-arm64.zip"


@dataclass(frozen=True)
class Wish:
    """What is asked for. `documents`: a folder; `sources`: to be read at once; `built`: the package is there."""

    parameters: list[str]
    documents: str = ""
    sources: Sequence[str] = ()
    ask: bool = True
    built: bool = False


def deploy(stage: str, wish: Wish, sam: Sam) -> None:
    """Raises DeployingError, PackagingError."""
    values, account = stated(stage, wish.parameters), Account()
    folder = Folder(Path(wish.documents)) if wish.documents else None
    before = ready(account, stage)
    if "Admins" not in values:
        values["Admins"] = admins(account, before)
    say(f"deploying {stage} into {account}")
    say(f"as it was built: {PACKAGE}" if wish.built else str(build(LAMBDA, PACKAGE)))
    sam.apply(values, ask=wish.ask)
    there = account.installation(stage)
    try:
        key = begin(there, values, sam, ask=wish.ask)
        examine(there, key, folder, wish.sources, new=before is None and not folder and not wish.sources)
    finally:
        paste(there)


def ready(account: Account, stage: str) -> Stack | None:
    """What is there to be changed, if it is. Raises DeployingError where it could not be made."""
    found = account.stack(stage)
    if found is None or found.status == SHELL:
        make_way(account, stage)
        return None
    if found.status in UNMADE:
        raise DeployingError(
            f"{found.name} in {account} is not whole ({found.status}), which CloudFormation does not change: see in "
            f"its console why, then `make remove STAGE={stage}`, and deploy again"
        )
    return found


def admins(account: Account, before: Stack | None) -> str:
    """Who may search and ingest from a command line: those of before, and who deploys."""
    those = before.parameters.get("Admins", "").split(",") if before else []
    return ",".join(dict.fromkeys(each for each in (*those, account.admin()) if each))


def begin(there: Installation, values: Mapping[str, str], sam: Sam, *, ask: bool) -> str:
    """Let the functions start with their secrets; the key of the first question."""
    key, secret = fill(there, ask=ask)
    say("the functions start anew, with the secret as it is now")
    sam.apply({**values, "SecretVersion": secret}, ask=False)
    return key


def examine(
    there: Installation, key: str, folder: Folder | None = None, sources: Sequence[str] = (), *, new: bool = False
) -> None:
    """Schedules, doctor, first documents and first question. Raises DeployingError at the end where one is not well.

    `new`: nothing is there to be read yet, so nothing is asked.
    """
    wrong = []
    if schedule(there):
        wrong.append("the schedules of the sources were not made")
    if supportbot(there, "doctor", *(["--new"] if new else [])).returncode:
        wrong.append("the doctor found what is to be mended")
    if not new:
        wrong += [*feed(there, folder, sources), *first_question(there, key)]
    if wrong:
        raise DeployingError(UNWELL.format("; ".join(wrong), there.stage))
    if new:
        say(f"it knows nothing yet: put documents into s3://{there.documents}, and it answers within minutes")


def first_question(there: Installation, key: str) -> list[str]:
    """What was not well."""
    found = smoke(there.url, key)
    say(f"smoke question: {found.text}")
    return [] if found.well else ["the smoke question was not answered, as it cannot be before documents are ingested"]


def fill(there: Installation, *, ask: bool) -> tuple[str, str]:
    """Ask for what is missing of the secret; the key of the first question, and the secret's version."""
    secrets = Secrets(there)
    missing = secrets.missing()
    if missing and ask:
        say("secrets that are missing (docs/slack.md and docs/zendesk.md say where they are; Enter leaves one out):")
    key = secrets.put({name: getpass.getpass(f"  {name}: ") for name in missing} if ask else {})
    if left := secrets.missing():
        say(f"still missing in the secret {there.secret}: {', '.join(left)}; what needs them does not start until then")
    return key, secrets.version


def feed(there: Installation, folder: Folder | None, sources: Sequence[str]) -> list[str]:
    """The first ingestion, if one is asked for; what was not well."""
    if folder:
        say(folder.price(lambda *arguments: supportbot(there, *arguments, quiet=True).stdout))
        folder.put(there)
        say(f"they are in s3://{there.documents}, and in the index within minutes")
    failed = [source for source in sources if supportbot(there, "ingest", source).returncode]
    return [f"{source} was not read wholly" for source in failed]


def paste(there: Installation) -> None:
    """What the channels are to be told."""
    file = ROOT / "build" / f"manifest-{there.stage}.yml"
    file.write_text(manifest((ROOT / "manifest.yml").read_text("utf-8"), there.url), "utf-8")
    say(addresses(there, file))


def schedule(there: Installation) -> int:
    """The sources' schedules, which are in a setting and not in the template."""
    arguments = ["--schedule", there.outputs["Schedules"], "--queue", there.outputs["IngestionsArn"]]
    return supportbot(there, "sources", *arguments, "--role", there.outputs["ScheduleRole"]).returncode


def supportbot(there: Installation, *arguments: str, quiet: bool = False) -> subprocess.CompletedProcess[str]:
    """The command, as the functions are set up; `quiet`: what it says is for us."""
    command = [str(Path(sys.executable).with_name("supportbot")), "--stage", there.stage, *arguments]
    return subprocess.run(command, check=False, stdout=subprocess.PIPE if quiet else None, text=True)  # noqa: S603


def take_away(stage: str) -> None:
    """After the name was typed; what people put in stays."""
    account = Account()
    found = account.stack(stage)
    if found is None:
        raise DeployingError(f"there is no supportbot-{stage} in {account}")
    if input(f"This removes {found.name} from {account}. Type its name to go on: ") != found.name:
        raise DeployingError("not removed: that is not its name")
    remove(found)
    stays = "\n".join(map(str, kept(account, stage)))
    say(f"removed. Kept, as only you know whether they are needed:\n{stays}" if stays else "removed; nothing is left")


def say(text: str) -> None:
    print(text, flush=True)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.deploying", description="Deploy supportbot.")
    parser.add_argument("stage", help="names the installation: dev, live")
    parser.add_argument("parameters", nargs="*", help="of the template: Size=standard Zendesk=true")
    parser.add_argument("--remove", action="store_true", help="take it away, after you typed its name")
    parser.add_argument("--documents", default="", metavar="FOLDER", help="put into its bucket once it is there")
    parser.add_argument("--ingest", action="append", default=[], metavar="NAME", help="a source to be read at once")
    parser.add_argument("--built", action="store_true", help="deploy the package that `make package` left")
    parser.add_argument("--yes", action="store_true", help="ask nothing, for a pipeline")
    given = parser.parse_intermixed_args(arguments)
    try:
        if given.remove:
            take_away(given.stage)
        else:
            wish = Wish(given.parameters, given.documents, given.ingest, ask=not given.yes, built=given.built)
            deploy(given.stage, wish, Sam())
    except (DeployingError, PackagingError) as error:
        print(f"deploy: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
