"""Shapes: does the forward pass fit together, and is every axis what it should be?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import torch
from torch import Tensor, nn

from engine.evidence import Fault, Measurement
from engine.lab.probes.calls import Calls
from engine.lab.probes.context import Context
from engine.lab.probes.figures import table
from engine.lab.probes.reading import Reading, Skip, compare, probe, reading, rounding, worst
from engine.lab.probes.references import depth_tolerance
from engine.lab.subjects import Subject

Given = TypeVar("Given")


@probe("shapes.trace", "Which shapes and dtypes flow through one forward pass?")
def trace(subject: Subject, context: Context) -> Reading:
    """Sends one batch of token ids through the language model and writes down what every module
    hands on, in order. The logits must be (batch, seq, vocab), in the dtype of the weights; the
    rest is for looking at, and when the pass breaks off, shows where. Shapes have no tolerance.
    """
    config, dtype = context.config, _name(context.dtype)
    model = subject.language_model(config, context.seed, context.dtype)
    tokens = context.tokens()
    rows: list[tuple[str, str, str, str]] = [("token ids", "", str(tuple(tokens.shape)), "int64")]

    def note(name: str) -> Callable[[nn.Module, object, object], None]:
        def hook(module: nn.Module, inputs: object, output: object) -> None:
            del inputs
            if isinstance(output, Tensor):
                shape, kind = str(tuple(output.shape)), _name(output.dtype)
            else:
                shape, kind = type(output).__name__, ""
            rows.append((name or "logits", type(module).__name__, shape, kind))

        return hook

    for name, module in model.named_modules():
        module.register_forward_hook(note(name))
    fault: Fault | None = None
    logits: Tensor | None = None
    calls = Calls(subject.home)
    try:
        with torch.no_grad(), calls.watching():
            logits = subject.logits(model, tokens)
    except Skip:
        raise
    except Exception as error:  # noqa: BLE001 - the code under test may raise anything
        fault = subject.fault(error)
    figure = table("One forward pass", ("what", "module", "shape", "dtype"), rows)
    if fault is not None or logits is None:
        said = f"The forward pass breaks off: {fault}"
        return Reading(False, said, (), figure, fault, calls=calls.taken())
    gap = compare(
        "tokens the logits tell apart", float(logits.shape[-1]), float(config.vocab_size), 0.0
    )
    fires = gap.exceeds or logits.dtype != context.dtype
    said = f"The logits are {tuple(logits.shape)} in {_name(logits.dtype)}"
    wanted = f"({context.size.batch}, {config.context_length}, {config.vocab_size}) in {dtype}"
    finding = f"{said}, where {wanted} is due." if fires else f"{said}, as they should be."
    return Reading(fires, finding, (gap.measurement,), figure, calls=calls.taken())


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


@probe("shapes.parameters", "Has the model as many parameters as its configuration implies?")
def parameters(subject: Subject, context: Context) -> Reading:
    """Counts what an optimizer would be given: 2·V·d for embedding and head, 4·d² + 3·d·d_ff + 2·d
    for each block, d for the last norm. A layer kept in a plain list, or a bias too many, shows at
    once. A count has no tolerance.
    """
    c = context.config
    model = subject.language_model(c, context.seed, context.dtype)
    block = 4 * c.d_model**2 + 3 * c.d_model * c.d_ff + 2 * c.d_model
    expected = 2 * c.vocab_size * c.d_model + c.num_layers * block + c.d_model
    named = list(model.named_parameters())
    count = sum(p.numel() for _, p in named)
    gap = compare("parameters", float(count), float(expected), 0.0)
    return reading(
        gap,
        quiet=f"The model has {count} parameters, as {c.num_layers} blocks of width {c.d_model} "
        "do.",
        fires=f"The model has {count} parameters where its configuration implies {expected}.",
        figure=table(
            "Parameters",
            ("name", "shape", "count"),
            [(name, tuple(p.shape), p.numel()) for name, p in named],
        ),
    )


@probe("shapes.leading", "Is every leading dimension a batch to every part?")
def leading(subject: Subject, context: Context) -> Reading:
    """Gives each part inputs with two leading dimensions and compares each slice with that slice
    given alone. The two may sum in another order, which for sums of n terms costs at most
    (n + 40)·eps of their magnitude.
    """
    c = context.config
    T, d = c.context_length, c.d_model
    x, logits = context.normal(2, 3, T, d), context.normal(2, 3, T, c.vocab_size)
    key, value = context.normal(2, 3, T, d), context.normal(2, 3, T, d + 1)
    gain, w = context.normal(d), context.weight(d + 1, d)
    w1, w2, w3 = context.weight(c.d_ff, d), context.weight(d, c.d_ff), context.weight(c.d_ff, d)
    positions, mask = torch.arange(T), torch.ones(T, T, dtype=torch.bool).tril()
    parts: dict[str, Callable[[tuple[int, ...]], Tensor]] = {
        "Linear": lambda i: subject.linear(x[i], w),
        "RMSNorm": lambda i: subject.rms_norm(x[i], gain, 1e-5),
        "SwiGLU": lambda i: subject.swiglu(x[i], w1, w2, w3),
        "RotaryPositionalEmbedding": lambda i: subject.rope(x[i], positions, 100.0, T),
        "softmax": lambda i: subject.softmax(logits[i], -1),
        "attention": lambda i: subject.attention(x[i], key[i], value[i], mask),
    }

    def both(part: Callable[[tuple[int, ...]], Tensor]) -> Callable[[], tuple[Tensor, Tensor]]:
        return lambda: (part(()), part((1, 2)))

    gaps = []
    for name, (whole, alone) in _offered({n: both(part) for n, part in parts.items()}).items():
        magnitude = 1 + float(alone.detach().abs().max())
        tolerance = (d + c.d_ff + c.vocab_size + 40) * rounding(context.dtype) * magnitude
        gaps.append(compare(f"{name}, slice (1, 2) of (2, 3, …)", whole[1, 2], alone, tolerance))
    gap = worst(*gaps)
    return reading(
        *gaps,
        quiet="Every part treats leading dimensions as independent examples.",
        fires=f"{gap.what.partition(',')[0]} gives one example another output in a batch than "
        f"alone: {gap}.",
        part=gap.what.partition(",")[0],
    )


def _offered(calls: Mapping[str, Callable[[], Given]]) -> dict[str, Given]:
    """What each call gives, of those parts that the subject has. Raises Skip if it has none."""
    given: dict[str, Given] = {}
    lacking: Skip | None = None
    for name, call in calls.items():
        try:
            given[name] = call()
        except Skip as reason:
            lacking = reason
    if lacking is not None and not given:
        raise lacking
    return given


@probe("shapes.batch", "Does a sequence get the same logits whatever else is in its batch?")
def batch(subject: Subject, context: Context) -> Reading:
    """Replaces every sequence of a batch but the first and looks whether the first one's logits
    change. No operation of a transformer mixes sequences; only another order of summation may show,
    64·layers·width·eps of the largest logit at most.
    """
    c = context.config
    model = subject.language_model(c, context.seed, context.dtype)
    tokens = context.tokens()
    other = (tokens + 1 + context.integers(c.vocab_size - 1, *tokens.shape)) % c.vocab_size
    other[0] = tokens[0]
    with torch.no_grad():
        before, after = subject.logits(model, tokens), subject.logits(model, other)
    gap = compare(
        "change of the first sequence's logits",
        after[0] - before[0],
        0.0,
        depth_tolerance(c, before, context.dtype),
    )
    return reading(
        gap,
        quiet="The first sequence's logits do not depend on the rest of its batch.",
        fires=f"New neighbours in the batch move the first sequence's logits by {gap.observed:.4g} "
        f"at position {gap.index[0]}.",
    )


@probe("shapes.dtypes", "Does every part hand on the dtype it was given?")
def dtypes(subject: Subject, context: Context) -> Reading:
    """Gives each part bfloat16 inputs and weights and looks at the dtype of what comes out. A part
    may compute in float32, but must hand back what it was given, or the next part's matrix product
    fails. A dtype has no tolerance.
    """
    c = context.config
    T, d = c.context_length, c.d_model
    low = torch.bfloat16
    x, gain = context.normal(2, T, d).to(low), torch.ones(d, dtype=low)
    w1, w2 = context.weight(c.d_ff, d).to(low), context.weight(d, c.d_ff).to(low)
    table_of_rows, positions = context.normal(c.vocab_size, d).to(low), torch.arange(T)
    calls: dict[str, Callable[[], Tensor]] = {
        "Linear": lambda: subject.linear(x, w1),
        "Embedding": lambda: subject.embedding(context.tokens(), table_of_rows),
        "RMSNorm": lambda: subject.rms_norm(x, gain, 1e-5),
        "SwiGLU": lambda: subject.swiglu(x, w1, w2, w1),
        "RotaryPositionalEmbedding": lambda: subject.rope(x, positions, 10_000.0, T),
        "softmax": lambda: subject.softmax(x, -1),
        "attention": lambda: subject.attention(x, x, x),
    }
    outputs = _offered(calls)
    wrong = [name for name, y in outputs.items() if y.dtype != low]
    rows = [(name, "bfloat16", _name(y.dtype)) for name, y in outputs.items()]
    return Reading(
        bool(wrong),
        f"Given bfloat16, {', '.join(wrong)} hands on {_name(outputs[wrong[0]].dtype)}."
        if wrong
        else "Every part hands on bfloat16 when given bfloat16.",
        (Measurement("parts that change the dtype", len(wrong), 0, 0.0),),
        table("Dtypes", ("part", "given", "handed on"), rows),
        part=wrong[0] if wrong else "",
    )


@probe("shapes.inputs", "Do the parts leave their inputs alone?")
def inputs(subject: Subject, context: Context) -> Reading:
    """Calls each part and looks whether the tensors it was given still hold what they held. An
    in-place operation on an input corrupts whoever else uses that tensor, the residual stream
    first of all. Nothing may change by even one bit.
    """
    c = context.config
    T, d = c.context_length, c.d_model
    x, gain = context.normal(2, T, d), 1 + context.normal(d, scale=0.1)
    key, value, logits = context.normal(2, T, d), context.normal(2, T, d), context.normal(T, 7)
    targets, block = context.integers(7, T), context.block_weights()
    positions, mask = torch.arange(T), torch.ones(T, T, dtype=torch.bool).tril()
    w1, w2, w3 = (block[f"ffn.w{i}.weight"] for i in (1, 2, 3))
    attention = {k[5:]: w for k, w in block.items() if k.startswith("attn.")}
    calls: dict[str, tuple[Callable[[], Tensor], tuple[Tensor, ...]]] = {
        "RMSNorm": (lambda: subject.rms_norm(x, gain, 1e-5), (x, gain)),
        "SwiGLU": (lambda: subject.swiglu(x, w1, w2, w3), (x, w1, w2, w3)),
        "RotaryPositionalEmbedding": (
            lambda: subject.rope(x, positions, 100.0, T),
            (x, positions),
        ),
        "softmax": (lambda: subject.softmax(x, -1), (x,)),
        "attention": (lambda: subject.attention(x, key, value, mask), (x, key, value, mask)),
        "multi-head attention": (
            lambda: subject.multihead(x, attention, c.num_heads, positions),
            (x, positions),
        ),
        "the block": (lambda: subject.block(x, block, c.num_heads, positions), (x, positions)),
        "the loss": (lambda: subject.cross_entropy(logits, targets), (logits, targets)),
        "next_token_distribution": (
            lambda: subject.next_token_distribution(logits, 0.7, 0.9),
            (logits,),
        ),
    }

    def change(call: Callable[[], Tensor], given: tuple[Tensor, ...]) -> Callable[[], Tensor]:
        def measured() -> Tensor:
            before = [tensor.clone() for tensor in given]
            call()
            pairs = zip(given, before, strict=True)
            return torch.stack([(now.double() - then.double()).abs().max() for now, then in pairs])

        return measured

    changes = _offered({name: change(*asked) for name, asked in calls.items()})
    gaps = [compare(f"change of an input of {name}", by, 0.0, 0.0) for name, by in changes.items()]
    gap = worst(*gaps)
    part = gap.what.removeprefix("change of an input of ")
    return reading(
        *gaps,
        quiet="No part changes what it is given.",
        fires=f"{part.capitalize()} overwrites its own input, by up to {gap.observed:.4g}.",
        part=part,
    )
