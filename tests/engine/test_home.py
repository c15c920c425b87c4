"""Where things are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.home import Home


def test_one_variable_moves_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUI_DEBUGGER_HOME", str(tmp_path))
    home = Home.find()
    places = [home.ledger, home.settings, home.logs, home.workspace("level")]
    assert all(place.is_relative_to(tmp_path) for place in places)
    assert len(set(places)) == len(places)


def test_the_variable_may_be_relative_or_begin_with_a_tilde(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    monkeypatch.setenv("TUI_DEBUGGER_HOME", "here")
    assert Home.find().data == tmp_path / "here"
    monkeypatch.setenv("TUI_DEBUGGER_HOME", "~/game")
    assert Home.find().data == tmp_path / "me" / "game"


@pytest.mark.parametrize("value", [None, ""])
def test_without_it_the_system_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("TUI_DEBUGGER_HOME", raising=False)
    if value is not None:
        monkeypatch.setenv("TUI_DEBUGGER_HOME", value)
    home = Home.find()
    assert home.data.is_relative_to(tmp_path)
    assert home.config.is_relative_to(tmp_path)
    assert "tui-debugger" in str(home.data)
