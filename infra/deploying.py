"""Deploy everything with one command: `make deploy STAGE=dev`, or `python -m infra.deploying dev`.

SAM does the work: it uploads, shows the change set and asks. What stands here is before it (who deploys, the package)
and after it (what CloudFormation cannot know: secrets, the doctor, a first question, the addresses to paste).
"""

import argparse
import getpass
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.accounts import Account, DeployingError, Installation
from infra.feeding import Folder
from infra.filling import ROOT
from infra.packaging import build
from infra.pasting import addresses, manifest
from infra.secrets import Secrets
from infra.smoking import smoke
from infra.target import LAMBDA, PackagingError

TEMPLATE = ROOT / "infra" / "template.yaml"
PACKAGE = ROOT / "build" / "lambda-arm64.zip"
CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND")


@dataclass(frozen=True)
class Wish:
    """What is asked for. `documents`: a folder; `sources`: to be read at once; `built`: the package is there."""

    parameters: list[str]
    documents: str = ""
    sources: Sequence[str] = ()
    ask: bool = True
    built: bool = False


def deploy(stage: str, wish: Wish) -> None:
    """Raises DeployingError, PackagingError."""
    account, parameters, ask = Account(), wish.parameters, wish.ask
    folder = Folder(Path(wish.documents)) if wish.documents else None
    say(f"deploying {stage} into {account}")
    say(f"as it was built: {PACKAGE}" if wish.built else str(build(LAMBDA, PACKAGE)))
    first = not account.has(stage)
    run_sam(stage, [*parameters, *(["SecretVersion="] if first else [])], ask=ask)
    there = account.installation(stage)
    secrets = Secrets(there)
    missing = secrets.missing()
    if missing and ask:
        say("secrets that are missing (docs/slack.md and docs/zendesk.md say where they are; Enter leaves one out):")
    key = secrets.put({name: getpass.getpass(f"  {name}: ") for name in missing} if ask else {})
    say("the functions start anew, with the secret as it is now")
    run_sam(stage, [*parameters, f"SecretVersion={secrets.version}"], ask=False)
    if left := secrets.missing():
        say(f"still missing in the secret {there.secret}: {', '.join(left)}; what needs them does not start until then")
    schedule(there)
    doctor(there)
    feed(there, folder, wish.sources)
    say(smoke(there.url, key))
    paste(there)


def feed(there: Installation, folder: Folder | None, sources: Sequence[str]) -> None:
    """The first ingestion, if one is asked for."""
    if folder:
        say(folder.price(lambda *arguments: supportbot(there, *arguments, quiet=True).stdout))
        folder.put(there)
        say(f"they are in s3://{there.documents}, and in the index within minutes")
    for source in sources:
        if supportbot(there, "ingest", source).returncode:
            say(f"{source} was not read wholly: mend what is said above; its schedule reads it again")


def paste(there: Installation) -> None:
    """What the channels are to be told."""
    file = ROOT / "build" / f"manifest-{there.stage}.yml"
    file.write_text(manifest((ROOT / "manifest.yml").read_text("utf-8"), there.url), "utf-8")
    say(addresses(there, file))


def run_sam(stage: str, parameters: list[str], *, ask: bool) -> None:
    command = [str(sam()), "deploy", "--template-file", str(TEMPLATE), "--stack-name", f"supportbot-{stage}"]
    command += ["--resolve-s3", "--s3-prefix", f"supportbot-{stage}", "--no-fail-on-empty-changeset"]
    command += ["--confirm-changeset" if ask else "--no-confirm-changeset", "--capabilities", *CAPABILITIES]
    command += ["--tags", "app=supportbot", f"stage={stage}"]
    command += ["--parameter-overrides", f"file://{stated(stage, parameters)}"]
    if subprocess.run(command, check=False, env=os.environ | {"SAM_CLI_TELEMETRY": "0"}).returncode:  # noqa: S603
        raise DeployingError("SAM did not deploy it: what it says stands above; nothing else was done")


def stated(stage: str, parameters: list[str]) -> Path:
    """A file with them: as arguments SAM takes none that is empty, and parts of JSON for further ones."""
    named = dict(each.partition("=")[::2] for each in [f"Stage={stage}", *parameters])
    if wrong := [each for each in parameters if "=" not in each]:
        raise DeployingError(f"{wrong[0]!r} is no parameter: it reads Name=value (docs/deploying.md)")
    file = ROOT / "build" / f"parameters-{stage}.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(named), "utf-8")  # which YAML reads as well
    return file


def sam() -> Path:
    found = ROOT / ".venv-infra" / "bin" / "sam"
    if not found.is_file():
        raise DeployingError("SAM is not installed: run it by `make deploy`, which installs it into .venv-infra")
    return found


def schedule(there: Installation) -> None:
    """The sources' schedules, which are in a setting and not in the template."""
    arguments = ["--schedule", there.outputs["Schedules"], "--queue", there.outputs["IngestionsArn"]]
    if supportbot(there, "sources", *arguments, "--role", there.outputs["ScheduleRole"]).returncode:
        say("the schedules were not made: mend what is said above and deploy again")


def doctor(there: Installation) -> None:
    """With the settings of the functions, from here: what only their network reaches is told as not to be reached."""
    if supportbot(there, "doctor").returncode:
        say("the doctor found what is to be mended; the installation is there all the same")


def supportbot(there: Installation, *arguments: str, quiet: bool = False) -> subprocess.CompletedProcess[str]:
    """The command, as the functions are set up; `quiet`: what it says is for us."""
    command = [str(Path(sys.executable).with_name("supportbot")), *arguments]
    settings = os.environ | there.settings()
    return subprocess.run(command, check=False, env=settings, stdout=subprocess.PIPE if quiet else None, text=True)  # noqa: S603


def remove(stage: str) -> None:
    """After the name was typed; what people put in stays."""
    account = Account()
    there = account.installation(stage)
    if input(f"This removes supportbot-{stage} from {account}. Type its name to go on: ") != f"supportbot-{stage}":
        raise DeployingError("not removed: that is not its name")
    there.remove()
    say(
        f"removed. Kept, as only you know whether they are needed:\n"
        f"  the documents: aws s3 rb s3://{there.documents} --force (its former versions go by the console's Empty)\n"
        f"  answers and ratings: aws dynamodb delete-table --table-name {there.table}"
    )


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
            remove(given.stage)
        else:
            deploy(
                given.stage,
                Wish(given.parameters, given.documents, given.ingest, ask=not given.yes, built=given.built),
            )
    except (DeployingError, PackagingError) as error:
        print(f"deploy: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
