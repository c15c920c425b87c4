"""The commands, one subject a file; ``tui_debugger.cli`` gathers them."""
