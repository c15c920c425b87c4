"""The claims, one module for each bug of the key."""
