"""`supportbot doctor`: checks that everything is there that an answer needs."""

import sys
from dataclasses import asdict

import click

from bot.commands import options


@click.command("doctor")
@options.home_option
@options.json_option
@click.option("--new", is_flag=True, help="An installation that nothing was ingested into yet: that is no failure.")
def command(home: str | None, as_json: bool, new: bool) -> None:
    """Check every part that the settings name: one line each, and what to do about it. Ends with 1 if one is not well.

    A line with -- is of a part that is not set up, and says what it would give.
    Each model is asked one short question, which costs a fraction of a cent.
    """
    from bot.doctoring import examine

    findings = []
    for finding in examine(options.app(home)):
        findings.append(finding)
        if not as_json:
            mark = "--" if not finding.used else "ok" if finding.well else "to do" if new and finding.empty else "FAIL"
            click.echo(f"{mark:<5} {finding.name:<20}  {finding.text}  ({finding.seconds * 1000:.0f} ms)")
    if as_json:
        options.print_json({"checks": [asdict(finding) for finding in findings]})
    sys.exit(0 if all(finding.well or (new and finding.empty) for finding in findings) else 1)
