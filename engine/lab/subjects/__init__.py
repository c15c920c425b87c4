"""Subjects: what is under test, as probes see it.

``Subject`` is what a probe may ask; ``CodebaseSubject`` is a workspace of the game, the others are
somebody's own transformer.
"""

from engine.lab.subjects.adapters import AdapterSubject
from engine.lab.subjects.binding import BoundSubject
from engine.lab.subjects.layout import Layout
from engine.lab.subjects.loading import Foreign
from engine.lab.subjects.surface import ModelConfig, Skip, Subject, Weights
from engine.lab.subjects.workspace import CodebaseSubject

__all__ = [
    "AdapterSubject",
    "BoundSubject",
    "CodebaseSubject",
    "Foreign",
    "Layout",
    "ModelConfig",
    "Skip",
    "Subject",
    "Weights",
]
