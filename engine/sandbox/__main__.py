"""``python -m engine.sandbox``: the server, with the lab to run."""

from engine.lab import entry
from engine.sandbox.process import main

if __name__ == "__main__":
    main(entry)
