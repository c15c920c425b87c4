"""``python -m tui_debugger``."""

from tui_debugger.cli import main

if __name__ == "__main__":
    main()
