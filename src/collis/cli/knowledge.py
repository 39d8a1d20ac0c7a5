"""`collis knowledge`: what Collis knows, where each figure comes from, and what awaits a check."""

from __future__ import annotations

from typing import Annotated

import typer

from collis.cli.printing import colour, show, show_json, width
from collis.errors import BadInput

commands = typer.Typer(
    help="What Collis knows: every figure with its grade, source and place.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON instead of text.")]


@commands.command("list")
def list_(as_json: AsJson = False) -> None:
    """The parts of knowledge, by group."""
    from collis.knowledge.load import load
    from collis.report.knowledge import list_text, parts_of

    knowledge = load()
    if as_json:
        from collis.report.json import dumped

        show_json(dumped({"version": knowledge.version, "parts": parts_of(knowledge.entries)}))
    else:
        show(list_text(knowledge, width=width(), colour=colour()))


@commands.command("show")
def show_(
    name: Annotated[
        str, typer.Argument(help="A product, muscle, pattern, scale or path.", show_default=False)
    ],
    as_json: AsJson = False,
) -> None:
    """One part of knowledge with every figure."""
    from collis.knowledge.load import load
    from collis.report.knowledge import entries_text, matching, parts_of

    knowledge = load()
    found = matching(knowledge.entries, name)
    if not found:
        from difflib import get_close_matches

        every = [part for parts in parts_of(knowledge.entries).values() for part in parts]
        near = get_close_matches(name.replace(" ", "_"), every, n=1)
        raise BadInput(
            where="NAME",
            read=repr(name),
            expected="a product, muscle, pattern, scale or path that `collis knowledge list` prints",
            mend=f"Did you mean {near[0]}?" if near else "",
        )
    if as_json:
        from collis.report.json import dumped, entry_document

        entries = [entry_document(e) for e in found]
        show_json(dumped({"version": knowledge.version, "entries": entries}))
    else:
        show(entries_text(found, title=name, version=knowledge.version, width=width(), colour=colour()))


@commands.command()
def sources(as_json: AsJson = False) -> None:
    """Every source, with how many figures stand on it."""
    from collis.knowledge.load import load
    from collis.report.knowledge import sources_text

    knowledge = load()
    if as_json:
        from collis.report.json import dumped, plain_value

        cited = {key: plain_value(citation) for key, citation in sorted(knowledge.citations.items())}
        show_json(dumped({"version": knowledge.version, "sources": cited}))
    else:
        show(sources_text(knowledge, width=width(), colour=colour()))


@commands.command()
def unverified(as_json: AsJson = False) -> None:
    """Every figure that awaits a check at its source."""
    from collis.knowledge.load import load
    from collis.report.knowledge import entries_text

    knowledge = load()
    found = [entry for entry in knowledge.entries.values() if not entry.verified]
    if as_json:
        from collis.report.json import dumped, entry_document

        entries = [entry_document(e) for e in found]
        show_json(dumped({"version": knowledge.version, "entries": entries}))
    else:
        title = "Not yet checked at the source"
        show(entries_text(found, title=title, version=knowledge.version, width=width(), colour=colour()))
