"""Replaying fixes: what of a score holds when the judge sees the code again."""
