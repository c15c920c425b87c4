"""The engine without its lab loads no torch and knows of no screen."""

from __future__ import annotations

from tests.engine.fresh import LAB, SCREEN, loaded_by, modules_under

BESIDE_TORCH = ("engine.lab.", "engine.sandbox.")
CLIENT = ("client", "link", "messages", "runner")


def test_the_engine_beside_the_lab_loads_no_torch_and_no_screen() -> None:
    modules = [name for name in modules_under("engine") if not name.startswith(BESIDE_TORCH)]
    modules += [f"engine.sandbox.{name}" for name in CLIENT]
    assert "engine.game" in modules
    assert loaded_by(*modules) & (LAB | SCREEN | {"click"}) == set()
