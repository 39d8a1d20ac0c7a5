"""Where a clinic lives: its folder, its keys, its database, and its place among the commands."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint, EntryPoints

import pytest
from typer.testing import CliRunner

from collis.cli import app as cli
from collis_clinic import commands
from collis_clinic.place import BadPlace, place_of, postgres
from collis_clinic.secrets import FILES, FOLDER, UnsafeKeys, keys_in


def test_keys_are_made_once_for_one_user_alone(tmp_path):
    first, second = keys_in(tmp_path), keys_in(tmp_path)
    assert first == second
    assert len({first.identity, first.index, first.audit}) == 3
    for name in FILES:
        assert (tmp_path / FOLDER / name).stat().st_mode & 0o777 == 0o600
    assert first.identity.hex() not in repr(first)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_key_is_not_made_anew_beside_the_others(tmp_path, name):
    keys_in(tmp_path)
    (tmp_path / FOLDER / name).unlink()
    with pytest.raises(UnsafeKeys):
        keys_in(tmp_path)


def test_a_key_others_can_read_is_refused(tmp_path):
    keys_in(tmp_path)
    (tmp_path / FOLDER / "identity.key").chmod(0o644)
    with pytest.raises(UnsafeKeys):
        keys_in(tmp_path)


def test_plain_http_is_for_this_machine_only():
    with pytest.raises(BadPlace):
        place_of({"COLLIS_LOOPBACK": "1", "COLLIS_HOSTS": "clinic.example"})


def test_made_up_data_has_a_folder_of_its_own():
    assert place_of({"COLLIS_DEMO": "1"}).data != place_of({}).data


def test_a_postgres_address_is_read_whole():
    read = postgres("postgres://ann:p%40ss@db.example:5433/clinic?sslmode=require")
    assert (read["USER"], read["PASSWORD"], read["HOST"], read["PORT"], read["NAME"]) == (
        "ann", "p@ss", "db.example", "5433", "clinic",
    )  # fmt: skip
    assert read["OPTIONS"] == {"sslmode": "require"}
    with pytest.raises(BadPlace):
        postgres("mysql://x/y")


def test_the_clinic_joins_the_commands_by_its_entry_point(monkeypatch):
    entry = EntryPoint(name="clinic", value="collis_clinic.commands:app", group="collis.commands")
    monkeypatch.setattr(cli, "_entries", lambda: EntryPoints([entry]))
    said = CliRunner().invoke(cli.app, ["clinic", "--help"])
    assert said.exit_code == 0
    assert "serve" in said.output
    assert "clinic" in CliRunner().invoke(cli.app, ["--help"]).output


def test_a_plan_starts_without_django():
    code = "import sys, collis.cli.app, collis_clinic.commands; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_commands_are_listed():
    names = {
        command.name or getattr(command.callback, "__name__", "")
        for command in commands.app.registered_commands
    }
    assert {"serve", "demo", "worker", "add-user", "replay"} <= names
