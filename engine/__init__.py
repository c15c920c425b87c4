"""The game without a screen: levels, workspaces, the judge, the score."""
