"""Content: the correct codebase and the packs of levels. No game logic here."""
