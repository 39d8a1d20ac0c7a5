"""`collis clinic ...`: start the clinic, show it with made-up data, look after its record."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from collis.errors import BadInput

app = typer.Typer(
    name="clinic",
    help="The clinic: patients, visits, stock, and the record of who did what.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
audit = typer.Typer(help="The trail of who did what.", no_args_is_help=True)
app.add_typer(audit, name="audit")

Data = Annotated[
    Path | None, typer.Option("--data", help="The clinic's data folder.", show_default="this user's own")
]
Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="The port on this machine.")]


def start(data: Path | None = None, *, demo: bool = False, loopback: bool = True) -> None:
    """Set Django up for one clinic, its tables brought up to date."""
    os.umask(0o077)  # what the clinic writes is for its own user alone
    if data is not None:
        os.environ["COLLIS_DATA"] = str(data)
    if demo:
        os.environ["COLLIS_DEMO"] = "1"
    if loopback and not os.environ.get("COLLIS_HOSTS"):
        os.environ["COLLIS_LOOPBACK"] = "1"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collis_clinic.settings")
    from collis_clinic.place import BadPlace
    from collis_clinic.secrets import UnsafeKeys

    try:
        import django

        django.setup()
    except (BadPlace, UnsafeKeys) as error:
        raise BadInput(where="clinic", read=str(error), expected="a place the clinic can start in") from None


def prepare() -> None:
    """Tables, cache table, guards and static files as they should be."""
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


@app.command()
def serve(port: Port = 8000, data: Data = None, processes: int = 2) -> None:
    """Start the clinic on this machine: the server and its worker, until stopped."""
    start(data)
    prepare()
    _hold_apart()
    _serve(port, processes)


@app.command()
def demo(port: Port = 8001, data: Data = None) -> None:
    """A clinic with a year of made-up patients, in a folder of its own, marked on every page."""
    start(data, demo=True)
    prepare()
    _fill()
    _serve(port, 2)


@app.command()
def worker(data: Data = None, batch: bool = False) -> None:
    """The worker alone: jobs, and sealing of the trail. `serve` starts one by itself."""
    start(data)
    from collis_clinic.audit.chain import seal
    from collis_clinic.audit.context import SYSTEM, acting_as
    from collis_clinic.jobs.worker import work

    def around(run):  # type: ignore[no-untyped-def]
        with acting_as(SYSTEM):
            run()

    work([lambda: seal(wait=False)], around=around, batch=batch)


@app.command("add-user")
def add_user(username: str, role: str, name: str = "", data: Data = None) -> None:
    """Make an account; the first password is asked for and not shown."""
    start(data)
    prepare()
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError
    from django.db import transaction

    from collis_clinic.access.models import User
    from collis_clinic.access.roles import STAFF, Role
    from collis_clinic.audit.context import SYSTEM, acting_as
    from collis_clinic.audit.entries import did

    if role not in STAFF:
        raise BadInput(where="role", read=role, expected=f"one of {', '.join(sorted(STAFF))}")
    password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    user = User(username=username, role=Role(role).value, name=name)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise BadInput(where="password", read="a weak one", expected=" ".join(error.messages)) from None
    with acting_as(SYSTEM), transaction.atomic():
        user = User.objects.create_user(username, password, role=Role(role).value, name=name)
        did("create", "access.user", user.pseudonym, fields=["username", "role", "name"])
    typer.echo(f"Made {username}. A second factor is set up at the first sign-in.")


@app.command()
def backup(to: Path, data: Data = None) -> None:
    """Write a backup, and its key file beside it. Keep the two apart: names are read only with both."""
    start(data)
    from django.db import transaction

    from collis_clinic.audit.context import SYSTEM, acting_as
    from collis_clinic.audit.entries import did
    from collis_clinic.records.backup import backup as write

    made = write(to)
    with acting_as(SYSTEM), transaction.atomic():
        did("backup", "records.clinic", fields=[f"{made.rows} rows"])
    typer.echo(f"{made.rows} rows of {made.tables} tables: {made.data}")
    typer.echo(f"Keys, to be kept apart: {made.keys}")


@app.command()
def restore(backup_file: Path, keys: Path, data: Data = None) -> None:
    """Fill an empty clinic from a backup and its key file. Whoever was erased since is erased again."""
    from collis_clinic.place import place_of
    from collis_clinic.secrets import UnsafeKeys, keys_from

    if data is not None:
        os.environ["COLLIS_DATA"] = str(data)
    os.umask(0o077)
    try:
        keys_from(keys, place_of().data)
    except UnsafeKeys as error:
        raise BadInput(
            where="keys", read=str(error), expected="an empty place and a backup's key file"
        ) from None
    start(data)
    prepare()
    from collis_clinic.audit.chain import seal
    from collis_clinic.audit.chain import verify as walk
    from collis_clinic.audit.context import SYSTEM, acting_as
    from collis_clinic.records.backup import restore as read_back

    with acting_as(SYSTEM):
        rows = read_back(backup_file)
    seal()
    after = walk()
    typer.echo(
        f"{rows} rows restored. The trail is {'sound' if after.sound else 'not sound: run `audit verify`'}."
    )
    if not after.sound:
        raise typer.Exit(3)


@app.command()
def export(code: str, to: Path, reason: str, data: Data = None) -> None:
    """Write everything held of one patient to a file."""
    start(data)
    import json

    from collis_clinic.audit.context import SYSTEM, acting_as
    from collis_clinic.records import portable

    with acting_as(SYSTEM):
        document = portable.document_of(_patient(code), reason=reason)
    handle = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1, ensure_ascii=False)
    typer.echo(f"{sum(len(r) for r in document['rows'].values())} rows: {to}")


@app.command()
def erase(code: str, reason: str, data: Data = None, yes: bool = False) -> None:
    """Destroy who a patient was. The record stays under its code. This cannot be undone."""
    start(data)
    from collis_clinic.audit.context import SYSTEM, acting_as
    from collis_clinic.records import people

    patient = _patient(code)
    if not yes:
        typer.confirm(f"Erase the person behind {patient.code} for good?", abort=True)
    with acting_as(SYSTEM):
        people.erase(patient, reason=reason)
    typer.echo(f"{patient.code}: erased.")


def _patient(code: str):  # type: ignore[no-untyped-def]
    from collis_clinic.records.models import Patient

    found = Patient.objects.filter(code=code.strip().upper()).first()
    if found is None:
        raise BadInput(where="code", read=code, expected="the code of a patient, such as P-7F3K2QAB")
    return found


@audit.command("seal")
def seal_now(data: Data = None) -> None:
    """Seal every entry now and print the head."""
    start(data)
    from collis_clinic.audit.chain import seal

    typer.echo(seal().short)


@audit.command()
def verify(data: Data = None) -> None:
    """Look for any entry that was edited, removed or cut off. Leaves with 3 where one is found."""
    start(data)
    from collis_clinic.audit.chain import seal
    from collis_clinic.audit.chain import verify as walk

    seal()
    after = walk()
    for finding in after.findings:
        typer.echo(f"Entry {finding.number}: {finding.what}")
    typer.echo(
        f"{after.sealed} entries sealed, {after.waiting} waiting, head {after.head.short}: "
        + ("sound." if after.sound else f"{len(after.findings)} findings.")
    )
    if not after.sound:
        raise typer.Exit(3)


@app.command()
def replay(number: str, data: Data = None) -> None:
    """Do a kept plan again and compare. Leaves with 3 where the answer is another."""
    start(data)
    from uuid import UUID

    from collis_clinic import bridge
    from collis_clinic.records.models import PlanRecord

    try:
        record = PlanRecord.objects.get(pk=UUID(number))
    except (ValueError, PlanRecord.DoesNotExist):
        raise BadInput(where="plan", read=number, expected="the number of a kept plan") from None
    found = bridge.replay(record)
    typer.echo(found.explanation)
    for path, then, now in found.differs:
        typer.echo(f"  {path}: {then} then, {now} now")
    if not (found.intact and found.same):
        raise typer.Exit(3)


def _fill() -> None:
    """Fill an empty demonstration."""
    from collis_clinic.web.made_up import fill

    fill(say=typer.echo)


def _hold_apart() -> None:
    """Real work never starts on made-up data."""
    from collis_clinic.web.made_up import hold_apart

    hold_apart()


def _serve(port: int, processes: int) -> None:
    """The worker as a process of its own, the server in this one; the worker ends with the server."""
    beside = subprocess.Popen([sys.executable, "-m", "collis_clinic.commands", "worker"])
    typer.echo(f"The clinic is at http://localhost:{port}/ (stop with Ctrl+C)")
    try:
        from collis_clinic.server import run

        run(port, processes)
    finally:
        beside.terminate()
        beside.wait(timeout=10)


if __name__ == "__main__":
    app()
