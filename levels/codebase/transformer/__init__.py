"""A small decoder-only transformer language model."""
