"""The game in a page of the browser: textual-serve's page and protocol, for this machine alone."""
