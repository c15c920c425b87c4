"""Probes: a small executable textbook of how to find out what is wrong with a transformer.

One file to an area, in the order of ``catalogue.py``. A probe is a function of a subject and a
context that answers one question with a reading; its ground truth is an invariant, a case that can
be worked out by hand, or PyTorch's own modules, never another copy of the code under test.
"""

from engine.lab.probes.runner import catalogue, examine, run, run_on, select

__all__ = ["catalogue", "examine", "run", "run_on", "select"]
