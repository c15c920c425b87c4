"""What the terminal shows: its ground, its colours, its signs.

Asked once, before the interface takes the terminal over. The interface, the command line and the
doctor go by the same answers. Knows nothing of any screen.
"""
