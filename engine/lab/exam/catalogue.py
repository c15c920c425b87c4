"""The whole exam: every question, in the order in which a reader meets the code."""

from __future__ import annotations

from engine.lab.exam.areas.attention import ATTENTION
from engine.lab.exam.areas.batches import BATCHES
from engine.lab.exam.areas.block import BLOCK
from engine.lab.exam.areas.checkpoint import CHECKPOINT
from engine.lab.exam.areas.decoding import DECODING, GENERATION
from engine.lab.exam.areas.feed_forward import SILU, SOFTMAX, SWIGLU
from engine.lab.exam.areas.linear import EMBEDDING, LINEAR
from engine.lab.exam.areas.loss import LOSS
from engine.lab.exam.areas.model import MODEL
from engine.lab.exam.areas.multihead import MULTIHEAD
from engine.lab.exam.areas.norm import RMS_NORM
from engine.lab.exam.areas.optimizer import OPTIMIZER
from engine.lab.exam.areas.rope import ROPE
from engine.lab.exam.areas.schedule import CLIPPING, SCHEDULE
from engine.lab.exam.areas.training import TRAINING

_AREAS = (
    LINEAR,
    EMBEDDING,
    RMS_NORM,
    SILU,
    SWIGLU,
    ROPE,
    SOFTMAX,
    ATTENTION,
    MULTIHEAD,
    BLOCK,
    MODEL,
    DECODING,
    GENERATION,
    LOSS,
    OPTIMIZER,
    SCHEDULE,
    CLIPPING,
    BATCHES,
    CHECKPOINT,
    TRAINING,
)

QUESTIONS = tuple(question for area in _AREAS for question in area.questions)
