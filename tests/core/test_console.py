"""Progress of the commands where nobody sees a bar."""

from io import StringIO

import pytest
from rich.console import Console

from wm_core.cli import console


@pytest.mark.parametrize(("terminal", "between", "lines"), [(False, 0.0, 4), (False, 1e9, 1), (True, 0.0, None)])
def test_a_log_gets_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch, terminal: bool, between: float, lines: int | None) -> None:
    """Three changes are three lines and the last picture, which comes in any case; a terminal keeps its moving bar."""
    monkeypatch.setattr(console, "_BETWEEN_LINES", between)
    written = StringIO()
    with console.progress_bar(Console(file=written, width=100, force_terminal=terminal)) as progress:
        bar = progress.add_task("push", total=3, note="")
        progress.update(bar, completed=1, note="1 of 1 succeeded")
        progress.advance(bar)
        progress.advance(bar)
    told = [line for line in written.getvalue().splitlines() if "push" in line]
    if lines is None:
        assert "\x1b[" in written.getvalue()
    else:
        assert len(told) == lines and "3/3" in told[-1] and "1 of 1 succeeded" in told[0]
