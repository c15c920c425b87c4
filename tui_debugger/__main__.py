"""``python -m tui_debugger``."""

from tui_debugger.start import main

if __name__ == "__main__":
    main()
