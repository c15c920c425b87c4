"""Everything the engine raises on purpose.

GameError
├── UnknownLevel        no level of that number or id
├── UnknownProbe        no probe of that name
├── BadLevel            a level file does not say what a level file must
├── EditedWork          a folder holds edited work that would be overwritten
├── WorkspaceError      a workspace cannot be read or written
├── BadDiff             a unified diff cannot be applied to a level's start
├── BadExport           a file of scores does not say what one must
├── BadSave             a file is no save, or one that cannot be taken
├── NothingToAsk        a path holds no transformer that can be diagnosed
├── LedgerError         the record of progress cannot be opened or written
└── SandboxError        the process that runs code could not be started

Each carries one sentence for the person at the keyboard, and says what to do where there is
something to do.
"""

from __future__ import annotations


class GameError(Exception):
    """The root of the tree; ``str(error)`` is the sentence to show."""


class UnknownLevel(GameError):
    """No level answers to that number or id."""


class UnknownProbe(GameError):
    """No probe answers to that name."""


class BadLevel(GameError):
    """A level or pack file is not valid; the sentence names the file and the field."""


class EditedWork(GameError):
    """The folder holds edits that would be overwritten."""


class WorkspaceError(GameError):
    """A workspace's files cannot be read or written."""


class BadDiff(GameError):
    """A unified diff is none, or does not apply to the level's start."""


class BadExport(GameError):
    """A file of scores is not valid; the sentence names the file and the field."""


class BadSave(GameError):
    """A file is no save of this game, or cannot be written or taken as one."""


class NothingToAsk(GameError):
    """A path offers nothing to diagnose, or what it offers cannot be loaded."""


class LedgerError(GameError):
    """The record of progress cannot be opened or written."""


class SandboxError(GameError):
    """The process that runs the player's code could not be started."""
