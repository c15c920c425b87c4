"""The player's own probe: a file that is run against the live code, and never judged."""

from __future__ import annotations

FILE = "scratch.py"
"""Beside the packages of the codebase."""

TEMPLATE = '''\
"""Your own probe: anything you like, run against the live code.
It is never judged.

At hand already:

    model             a TransformerLM: 2 layers, width 24, 3 heads,
                      37 tokens, context 12
    tokens, targets   a batch of token ids, (5, 12) each; targets are
                      the tokens one later
    torch, F          torch, and torch.nn.functional
    and all that transformer/ and training/ define: softmax, RMSNorm,
    AdamW, train_step, ...

The value of a line that is an expression is shown, as in a notebook;
show(value, "name") shows one from anywhere. Random numbers are the
same in every run.
"""

logits = model(tokens)
logits
cross_entropy_loss(logits, targets)
'''
