"""`supportbot status`: what this home holds."""

import click

from bot.commands import options


@click.command("status")
@options.home_option
@options.json_option
def command(home: str | None, as_json: bool) -> None:
    """Show the sources that were ingested and how they are searched."""
    app = options.app(home)
    sources, model = app.index.sources(), app.index.embedding_model
    if as_json:
        options.print_json({"home": str(app.home), "sources": sources, "embedding_model": model})
        return
    click.echo(f"home: {app.home}")
    for source, documents in sources.items():
        click.echo(f"{documents:>6} documents from {source}")
    click.echo(f"search: {f'words and vectors by {model}' if model else 'words only'}")
