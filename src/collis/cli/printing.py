"""What the commands share: the terminal's width and colour, printing, progress, files."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from collis.errors import BadInput

PIPED_WIDTH = 100


def width() -> int:
    """The columns of the terminal, or of `COLUMNS`; 100 where neither says."""
    return shutil.get_terminal_size((PIPED_WIDTH, 24)).columns


def colour() -> bool:
    """Whether standard output is a terminal that wants colour (`NO_COLOR` is heeded)."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def show(text: str) -> None:
    """Print text in what the terminal's encoding can show."""
    from collis.report.terminal import for_encoding

    sys.stdout.write(for_encoding(text, sys.stdout.encoding or "utf-8"))
    sys.stdout.flush()


def show_json(text: str) -> None:
    """Print a JSON document; characters the encoding lacks are escaped, which JSON reads back."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        text = "".join(c if c.isascii() else _escaped(c) for c in text)
    sys.stdout.write(text)
    sys.stdout.flush()


def _escaped(character: str) -> str:
    import json

    return json.dumps(character)[1:-1]


@contextmanager
def working(what: str) -> Iterator[None]:
    """Say what is being done while it is, where a person watches standard error."""
    watched = sys.stderr.isatty()
    if watched:
        sys.stderr.write(f"{what} …")
        sys.stderr.flush()
    try:
        yield
    finally:
        if watched:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def write_files(folder: Path, files: dict[str, bytes]) -> list[Path]:
    """Write files into a folder, made where it is missing. Raises `BadInput` where that cannot be done."""
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            path = folder / name
            path.write_bytes(content)
            written.append(path)
    except OSError as error:
        raise BadInput(
            where="--out",
            read=f"{folder}, which cannot be written ({error.strerror or type(error).__name__})",
            expected="a folder that can be written",
        ) from error
    return written


def drop_stale(folder: Path, names: Sequence[str], files: Mapping[str, bytes]) -> list[Path]:
    """Remove earlier files of these names that `files` does not replace, so that none is taken for today's."""
    removed = []
    for name in names:
        path = folder / name
        if name in files or not path.is_file():
            continue
        try:
            path.unlink()
        except OSError as error:
            raise BadInput(
                where="--out",
                read=f"{path}, an earlier page that no longer holds and cannot be removed",
                expected="a folder that can be written",
                mend="Remove it by hand: it shows a plan that is not offered any more.",
            ) from error
        removed.append(path)
    return removed


def stem(case_file: Path) -> str:
    """The name of a case file without `.case.toml`."""
    return case_file.name.removesuffix(".toml").removesuffix(".case")


def is_example(case_file: Path) -> bool:
    """Whether a case file is one of the made-up ones: it lies in a folder named examples."""
    return case_file.absolute().parent.name == "examples"
