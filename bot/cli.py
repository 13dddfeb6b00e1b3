"""The command `supportbot`.

Exit codes: 0 done, 1 done with failures, 2 usage or configuration error with a sentence that says what to do.
A subcommand's module is imported when it is called, so that `ask` does not pay for `ingest`.
"""

import os
import sys

import click

from bot.commands.grouping import Commands
from rag_core.errors import SupportBotError

COMMANDS = {
    "ask": "Ask a question and get a cited answer, or an honest I don't know.",
    "backup": "Write all of this home into one file.",
    "costs": "Show what the answers cost, by day, model and AWS service; or what an installation would cost.",
    "doctor": "Check that every part an answer needs is there.",
    "demo": "Ingest the demo help center and open the playground.",
    "eval": "Measure retrieval and abstention with questions whose sources are known.",
    "forget": "Remove what was ingested from a folder, what a person wrote, or what stands of a ticket.",
    "ingest": "Read a folder, a bucket or a site into the index; only what changed.",
    "rate": "Say whether an answer helped.",
    "report": "Show what was asked, what helped and what the documents lack.",
    "restore": "Make a home of a backup.",
    "rollback": "Let the version of the index before answer again.",
    "serve": "Open the playground on this machine.",
    "slack": "Answer in Slack from this machine.",
    "sources": "Show what has a name to be ingested by, and when it is.",
    "status": "Show what is ingested.",
    "zendesk": "Drafts for tickets in Zendesk: answer them from this machine.",
}


@click.command(
    cls=Commands,
    known=COMMANDS,
    prefix="bot.commands.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--home", metavar="FOLDER", help="Where all state lives [SUPPORTBOT_HOME, else your data folder].")
@click.option("--stage", metavar="NAME", help="As an installation in AWS is set up, by the name it was deployed under.")
@click.version_option(package_name="supportbot")
@click.pass_context
def cli(context: click.Context, home: str | None, stage: str | None) -> None:
    """Answers from your documents, with sources, and says so when they are silent."""
    context.obj = home
    if stage:
        from bot.stages import settings_of

        os.environ.update(settings_of(stage, cache=context.invoked_subcommand != "doctor"))


def main() -> None:
    """The console script."""
    try:
        sys.exit(cli.main(standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.Abort:
        click.echo("stopped; nothing half-done is visible", err=True)
        sys.exit(130)
    except BrokenPipeError:  # | head
        sys.stdout = None  # nothing is left to flush to
        sys.exit(0)
    except SupportBotError as error:
        click.echo(f"supportbot: {error}", err=True)
        sys.exit(2)
    except OSError as error:
        click.echo(f"supportbot: {error.filename or 'a file'} cannot be used: {error.strerror}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
