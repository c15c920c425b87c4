"""The questions, one file for each part of the codebase."""
