"""What the player chose and where they left off: one JSON file, replaced whole or not at all."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct, field

from engine.aside import set_aside
from engine.workspace import write_atomically


class Place(Struct, frozen=True):
    """Where the cursor stood in a level."""

    file: str
    line: int = 0
    """From 0."""
    column: int = 0


class Settings(Struct, frozen=True):
    """The file's content."""

    format: Literal[1] = 1
    theme: str = ""
    """Chosen by hand; empty to follow the terminal."""
    player: str = ""
    """The name on exports; empty until it was asked for."""
    toured: bool = False
    """Whether the tour was taken to its end, or skipped."""
    tour: tuple[str, int] | None = None
    """The level on which it is being taken, and how many of its steps have been."""
    wrap: bool = False
    """Whether long lines are wrapped, or cut at the edge."""
    split: int = 60
    """Per cent of the width that the code has beside the panel."""
    places: dict[str, Place] = field(default_factory=dict)
    """Of each level, by its id."""
    in_list: bool = False
    """Whether the player left off at the list of levels."""


class Memory:
    """The settings in use, written as they change.

    A file that cannot be read is set aside under another name; settings that cannot be written
    are kept for this session. Neither keeps anybody from playing, and ``take_notice`` says so.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notice = ""
        self.settings = self._load()

    def take_notice(self) -> str:
        """What there is to say to the player, once."""
        notice, self.notice = self.notice, ""
        return notice

    def choose_theme(self, theme: str) -> None:
        """Keep the theme; an empty one follows the terminal."""
        if theme != self.settings.theme:
            self._keep(msgspec.structs.replace(self.settings, theme=theme))

    def call_player(self, name: str) -> None:
        """Keep the player's name."""
        if name != self.settings.player:
            self._keep(msgspec.structs.replace(self.settings, player=name))

    def has_toured(self) -> None:
        """Keep that the tour is not to be offered again."""
        self._keep(msgspec.structs.replace(self.settings, toured=True, tour=None))

    def is_touring(self, level: str, steps: int) -> None:
        """Keep how far along the tour of that level is."""
        if (level, steps) != self.settings.tour:
            self._keep(msgspec.structs.replace(self.settings, tour=(level, steps)))

    def choose_wrap(self, wrap: bool) -> None:
        """Keep whether long lines are wrapped."""
        self._keep(msgspec.structs.replace(self.settings, wrap=wrap))

    def choose_split(self, percent: int) -> None:
        """Keep how wide the code is."""
        if percent != self.settings.split:
            self._keep(msgspec.structs.replace(self.settings, split=percent))

    def place(self, level: str) -> Place | None:
        """Where the player left off in that level."""
        return self.settings.places.get(level)

    def leave(self, level: str, place: Place) -> None:
        """Keep where the player is in that level."""
        if place != self.place(level):
            places = {**self.settings.places, level: place}
            self._keep(msgspec.structs.replace(self.settings, places=places))

    def is_in_list(self, yes: bool) -> None:
        """Keep whether the player is at the list of levels."""
        if yes != self.settings.in_list:
            self._keep(msgspec.structs.replace(self.settings, in_list=yes))

    def _load(self) -> Settings:
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=Settings)
        except FileNotFoundError:
            return Settings()
        except OSError as error:
            self.notice = f"Your settings in {self.path} cannot be read: {error.strerror}."
        except msgspec.MsgspecError as error:
            aside = self.path
            with contextlib.suppress(OSError):
                aside = set_aside(self.path)
            self.notice = f"Your settings could not be read ({error}); they are now in {aside}."
        return Settings()

    def _keep(self, settings: Settings) -> None:
        self.settings = settings
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            text = msgspec.json.format(msgspec.json.encode(settings), indent=2)
            write_atomically(self.path, f"{text.decode()}\n")
        except OSError as error:
            self.notice = f"Your settings cannot be kept in {self.path}: {error.strerror}."
