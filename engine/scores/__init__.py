"""Scores that leave the machine: exports, standings of many players, and proof by replay."""
