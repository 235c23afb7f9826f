"""A file that cannot be written is told before the work, and what was found is shown first."""

from pathlib import Path

import pytest

from wm_core.cli import evaluate as evaluating
from wm_core.cli.console import output
from wm_core.cli.files import require_writable


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (".", "--json .: is a folder, expected a file to write"),
        ("file/report.json", "--json file/report.json: cannot be written, file is not a folder"),
        ("file/more/report.json", "cannot be written, file is not a folder"),
        ("locked/report.json", "cannot be written, no permission to write in locked"),
        ("mine.json", "cannot be written, no permission to write it"),
    ],
)
def test_what_cannot_be_written_is_named(told, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    Path("locked").mkdir()
    Path("mine.json").touch()
    # Who runs the tests may write everywhere.
    monkeypatch.setattr("os.access", lambda path, mode: str(path) not in ("locked", "mine.json"))
    with pytest.raises(ValueError, match=says):
        require_writable("--json", Path(told))


def test_what_can_be_written_is_not_made_yet(tmp_path):
    require_writable("--json", None)
    for path in (tmp_path / "report.json", tmp_path / "deep" / "down" / "report.json"):
        require_writable("--json", path)
    assert not list(tmp_path.iterdir())


def test_the_table_is_shown_though_the_report_cannot_be_written(tmp_path, monkeypatch):
    class Report:
        paired = ()

        def model_dump_json(self, indent: int) -> str:
            return "{}"

    class Done:
        worst = ["an episode"]

        def report(self, model, settings) -> Report:
            return Report()

    class Session:
        model, settings = "toy", ()

    (tmp_path / "file").touch()
    monkeypatch.setattr("wm_core.cli.evaluation_table.evaluation_table", lambda report: "the table")
    with output.capture() as shown, pytest.raises(OSError):
        evaluating._write([Done()], Session(), None, tmp_path / "file" / "report.json", None, None)
    assert "the table" in shown.get()
