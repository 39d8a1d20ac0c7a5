"""The command line. `main` is the entry point; everything heavy is imported by the command that needs it."""

from __future__ import annotations

import sys
from collections.abc import Sequence

DONE, INTERNAL, BAD_INPUT, REFUSED = 0, 1, 2, 3


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command and leave with its exit code."""
    sys.exit(run(sys.argv[1:] if argv is None else argv))


def run(argv: Sequence[str]) -> int:
    """Run one command: 0 done, 2 bad input, 3 refused by the screen or the gate, 1 an error of our own.

    What goes wrong is said in a sentence on standard error, never as a traceback and never with patient data.
    """
    from collis.cli.app import app
    from collis.errors import BadInput, CollisError

    try:
        app(list(argv), prog_name="collis")
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else DONE if left.code is None else BAD_INPUT
    except (BadInput, CollisError) as error:
        _say(str(error))
        return BAD_INPUT
    except BrokenPipeError:
        _drop_output()
        return DONE
    except KeyboardInterrupt:
        _say("Stopped.")
        return INTERNAL
    except Exception as error:
        _say(_advice(error))
        return INTERNAL
    return DONE


def _advice(error: Exception) -> str:
    """Where it broke, without the text of the error: that could hold patient data."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        name = trace.tb_frame.f_globals.get("__name__", "")
        if isinstance(name, str) and name.startswith("collis"):
            place = f" in {name}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return (
        f"An error of Collis itself, not of your input: {type(error).__name__}{place}. Nothing was decided. "
        "Report it with this line and the version (`collis --version`), without the case file."
    )


def _say(message: str) -> None:
    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    print(f"collis: {message}".encode(encoding, "replace").decode(encoding), file=sys.stderr)  # noqa: T201


def _drop_output() -> None:
    """The reader has gone: nothing more is written, and Python is kept from complaining about it at the end."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
