"""``clerestory init``: writes a commented manifest for what lies in a folder, or a sample that runs at once."""

import re
from pathlib import Path

import typer

from clerestory.cli.shell import _, people, print_document, write_together
from clerestory.terms.error import ClerestoryError

_ADDRESS = re.compile(r"[^@\s\"]+@[^@\s\"]+")


class OwnerUnreadable(ClerestoryError):
    """The owner is no e-mail address."""


class AlreadyThere(ClerestoryError):
    """A file that would be written is there already."""


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command(
        "init",
        help=_(
            "Write a commented clerestory.toml for the data and the model that lie in a folder.\n\n"
            "Example: clerestory init --sample --owner owner@example.org"
        ),
    )(init)


def init(
    folder: Path = typer.Argument(Path(), help=_("Folder of the model.")),
    sample: bool = typer.Option(
        False, "--sample", help=_("Write real sample data, a model and checks that run at once.")
    ),
    owner: str = typer.Option("", "--owner", help=_("E-mail address of who answers for the system.")),
    force: bool = typer.Option(False, "--force", help=_("Replace files that are there.")),
    as_json: bool = typer.Option(False, "--json", help=_("Print what was written as one JSON document on stdout.")),
) -> None:
    """Write a commented clerestory.toml for the data and the model that lie in a folder."""
    from clerestory.intake.manifest import FILE_NAME

    if owner and not _ADDRESS.fullmatch(owner):
        raise OwnerUnreadable(
            _("{owner!r} is no e-mail address.").format(owner=owner), _("Write it like owner@example.org.")
        )
    files, found = (_sample(owner), _("the sample")) if sample else _proposal(folder, owner)
    there = [name for name in files if (folder / name).exists()]
    if there and not force:
        raise AlreadyThere(
            _("{file} is there already; nothing was written.").format(file=folder / there[0]),
            _("Replace it with --force, or name another folder."),
        )
    write_together({folder / name: body for name, body in files.items()})
    console = people()
    console.print(_("Wrote {files} for {found}.").format(files=", ".join(files), found=found), soft_wrap=True)
    console.print(_("Next: read {file}, then run `clerestory check`.").format(file=folder / FILE_NAME), soft_wrap=True)
    if as_json:
        print_document({"folder": str(folder), "written": list(files)})


def _proposal(folder: Path, owner: str) -> tuple[dict[str, bytes], str]:
    from clerestory.intake.manifest import FILE_NAME
    from clerestory.intake.manifest.write import manifest_text
    from clerestory.intake.proposal import propose

    found = propose(folder)
    what = ", ".join(name for name in (found.current, found.reference, found.model) if name)
    return {FILE_NAME: (manifest_text(found, owner) if owner else manifest_text(found)).encode()}, what or _(
        "an empty folder: name your data in it"
    )


def _sample(owner: str) -> dict[str, bytes]:
    from clerestory.intake.sample import sample_files

    return dict(sample_files(owner) if owner else sample_files())
