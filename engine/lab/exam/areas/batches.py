"""Questions about the token array and the batches cut from it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from engine.lab.exam.chance import stray
from engine.lab.exam.code import Code
from engine.lab.exam.desk import Desk, expect
from engine.lab.exam.question import Area

BATCHES = Area("batches", "Batches")

# The draws themselves are the implementation's own: what is asked is what must hold of any.


@BATCHES.question
def batches_windows(code: Code, desk: Desk) -> None:
    """Batches cut from a text whose tokens all differ: windows, shapes, dtype, targets."""
    for context, batch, dtype in ((5, 7, np.uint16), (1, 3, np.int32), (9, 2, np.int64)):
        tokens = (np.arange(30) * 3 + 7).astype(dtype)
        given = f"30 tokens of {np.dtype(dtype).name}, context {context}, batch {batch}"
        inputs, targets = _batch(code, desk, tokens, batch, context)
        desk.holds(
            f"{context} dtype",
            inputs.dtype == torch.int64 and targets.dtype == torch.int64,
            given=given,
            wanted="inputs and targets of int64",
            otherwise="another dtype",
        )
        desk.holds(
            f"{context} contiguous in the text",
            bool((inputs[:, 1:] - inputs[:, :-1] == 3).all()),
            given=given,
            wanted="tokens in the order of the text",
            otherwise="a window whose tokens do not follow each other",
        )
        desk.holds(
            f"{context} targets",
            torch.equal(targets, inputs + 3),
            given=given,
            wanted="for each input the token that follows it in the text",
            otherwise="another target",
        )
        first = inputs[:, 0]
        last = 3 * (29 - context) + 7
        desk.holds(
            f"{context} range",
            bool(((first >= 7) & (first <= last) & ((first - 7) % 3 == 0)).all()),
            given=given,
            wanted="every window inside the text",
            otherwise="a window that begins elsewhere",
        )


@BATCHES.question
def batches_every_start(code: Code, desk: Desk) -> None:
    """How often each window of a short text is drawn."""
    context, starts, batch = 3, 4, 240
    tokens = np.arange(context + starts, dtype=np.uint16)
    inputs, _ = _batch(code, desk, tokens, batch, context)
    for start in range(starts):
        desk.number(
            f"{start}",
            (inputs[:, 0] == start).sum(),
            given=f"how many of {batch} windows start at token {start} of {len(tokens)}",
            expected=batch / starts,
            within=stray(batch, 1 / starts),
        )


@BATCHES.question
def batches_generator(code: Code, desk: Desk) -> None:
    """Batches drawn with a generator, and drawn again with one of the same seed."""
    tokens = np.arange(1000, dtype=np.uint16)

    def drawn(seed: int, ambient: int) -> Tensor:
        torch.manual_seed(ambient)
        np.random.seed(ambient)
        generator = torch.Generator().manual_seed(seed)
        batches = [code.get_batch(tokens, 8, 4, generator=generator)[0] for _ in range(2)]
        return torch.cat([expect(batch, (8, 4)) for batch in batches])

    first, again, other = drawn(1, 10), drawn(1, 20), drawn(2, 10)
    desk.holds(
        "same seed",
        torch.equal(first, again),
        given="two draws of 2 batches with generators of one seed",
        wanted="the same batches",
        otherwise="a difference",
    )
    desk.holds(
        "other seed",
        not torch.equal(first, other),
        given="two draws of 2 batches with generators of two seeds",
        wanted="a difference",
        otherwise="the same batches",
    )
    desk.holds(
        "next",
        not torch.equal(first[:8], first[8:]),
        given="2 batches with one generator",
        wanted="a difference",
        otherwise="the same batch twice",
    )


@BATCHES.question
def batches_edges(code: Code, desk: Desk) -> None:
    """Texts of one window only, texts too short, large token ids, and the device."""
    inputs, targets = _batch(code, desk, np.arange(6, dtype=np.uint16), 3, 5)
    given = "3 windows from 6 tokens, context 5"
    desk.answer("only", inputs, given=f"the inputs of {given}", dtype=torch.int64)
    desk.answer(
        "only targets",
        targets,
        given=f"the targets of {given}",
        dtype=torch.int64,
    )
    desk.refuses(
        "too short",
        lambda: code.get_batch(np.arange(5, dtype=np.uint16), 3, 5),
        given="5 tokens that are to give a context of 5 and its targets",
    )
    inputs, _ = _batch(code, desk, np.full(9, 65535, dtype=np.uint16), 2, 4)
    desk.answer("large", inputs, given="tokens of 65535 in uint16", dtype=torch.int64)
    inputs, targets = code.get_batch(np.arange(9, dtype=np.uint16), 2, 4, "meta")
    desk.holds(
        "device",
        inputs.device.type == "meta" and targets.device.type == "meta",
        given="a batch of 2 windows of 4 tokens on the device meta",
        wanted="that device",
        otherwise="another one",
    )


@BATCHES.question
def batches_load_tokens(code: Code, desk: Desk) -> None:
    """Token ids read from a file, and batches cut from them."""
    for dtype in (np.uint16, np.int32):
        name = np.dtype(dtype).name
        path = desk.scratch / f"{name}.bin"
        written = desk.integers(0, 30000, 40).numpy().astype(dtype)
        written.tofile(path)
        for said, place in (("a path", path), ("its name", str(path))):
            tokens = code.load_tokens(place, dtype)
            desk.answer(
                f"{name} {said}",
                torch.from_numpy(np.asarray(tokens).astype(np.int64)),
                given=f"a file of 40 tokens of {name}, from {said}",
                dtype=torch.int64,
            )
            desk.holds(
                f"{name} {said} mapped",
                isinstance(tokens, np.memmap) and tokens.dtype == dtype,
                given=f"a file of 40 tokens of {name}, from {said}",
                wanted=f"an array of {name} that is mapped from the file",
                otherwise="another kind of array",
            )
        desk.holds(
            f"{name} read-only",
            not tokens.flags.writeable,
            given=f"a file of 40 tokens of {name}",
            wanted="a read-only array",
            otherwise="a writable one",
        )
        inputs, targets = _batch(code, desk, tokens, 4, 6)
        desk.holds(
            f"{name} batch",
            torch.equal(inputs[:, 1:], targets[:, :-1]),
            given=f"4 windows of 6 tokens from a file of 40 tokens of {name}",
            wanted="for each input the token that follows it in the text",
            otherwise="another target",
        )


def _batch(
    code: Code, desk: Desk, tokens: object, batch: int, context: int
) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(desk.seed)
    inputs, targets = code.get_batch(tokens, batch, context, generator=generator)
    shape = (batch, context)
    return expect(inputs, shape), expect(targets, shape)
