"""``clerestory init``: writes a commented manifest for what lies in a folder."""

import typer


def add(app: typer.Typer) -> None:
    """Register the command."""
