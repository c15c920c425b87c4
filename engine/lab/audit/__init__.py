"""The answer key, put to the test: each of its notes and consequences as a measurement."""
