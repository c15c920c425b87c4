"""The only door to running code that the player wrote."""
