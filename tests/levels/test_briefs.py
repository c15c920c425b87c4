"""What the briefs and hints say was seen is seen: every figure, on the live model.

Figures hold for the text and the sizes in conftest.py. Losses are compared within 0.06 nats, the
spread that other seeds and other machines' rounding bring; where a text claims an order (slower,
lower, larger), the order is what is asserted.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
import torch

if TYPE_CHECKING:
    from tests.levels.conftest import Bench, Text

SPREAD = 0.06

pytestmark = pytest.mark.xdist_group("briefs")


def late_loss(losses: list[float]) -> float:
    """The mean of the last ten steps."""
    return sum(losses[-10:]) / 10


def first_layer_weights(bench: Bench, text: Text, number: int) -> torch.Tensor:
    """Attention weights (heads, 64, 64) of an untrained first layer."""
    code = bench.code(number)
    model = bench.model(code)
    block, positions = model.layers[0], torch.arange(64)
    hidden = block.ln1(model.token_embeddings(torch.tensor(text.training[:64])[None]))
    queries = block.attn.rope(block.attn.split_heads(block.attn.q_proj(hidden)), positions)
    keys = block.attn.rope(block.attn.split_heads(block.attn.k_proj(hidden)), positions)
    attend = code.attribute("transformer.attention", "scaled_dot_product_attention")
    causal = torch.ones(64, 64, dtype=torch.bool).tril()
    weights: torch.Tensor = attend(queries, keys, torch.eye(64).expand(1, 4, 64, 64), causal)
    return weights.detach()[0]


def query_gradient(bench: Bench, text: Text, number: int) -> float:
    """Gradient norm of the first layer's query weights before training."""
    code = bench.code(number)
    model = bench.model(code)
    ids = torch.tensor(text.training[:64])[None]
    loss: Any = code.attribute("training.loss", "cross_entropy_loss")
    loss(model(ids)[:, :-1], ids[:, 1:]).backward()
    return float(model.layers[0].attn.q_proj.weight.grad.norm())


def test_level_1_untrained_heads_look_at_one_token(bench: Bench, text: Text) -> None:
    largest = first_layer_weights(bench, text, 1)[:, 32:].amax(-1).mean().item()
    assert largest == pytest.approx(0.86, abs=0.02)
    assert first_layer_weights(bench, text, 0)[:, 32:].amax(-1).mean().item() < 0.15


def test_level_1_trains_but_slowly_and_its_gradients_are_larger(bench: Bench, text: Text) -> None:
    slow, right = bench.trained(1, 200).losses, bench.trained(0, 200).losses
    assert late_loss(slow) == pytest.approx(0.51, abs=SPREAD)
    assert late_loss(right) == pytest.approx(0.29, abs=SPREAD)
    assert query_gradient(bench, text, 1) > 8 * query_gradient(bench, text, 0)


def test_level_2_scores_better_than_it_writes(bench: Bench) -> None:
    run = bench.trained(2, 200)
    assert late_loss(run.losses) < late_loss(bench.trained(0, 200).losses)
    assert bench.validation_loss(run.model) == pytest.approx(0.18, abs=SPREAD)
    assert bench.accuracy(run.model) == pytest.approx(0.95, abs=0.02)
    assert bench.honest_loss(run.model) > 0.6


def test_level_2_rows_do_not_add_up_and_columns_do(bench: Bench, text: Text) -> None:
    weights = first_layer_weights(bench, text, 2)
    rows, columns = weights.sum(-1), weights.sum(-2)
    assert rows.min().item() < 0.01
    assert rows.max().item() > 4
    assert torch.allclose(columns, torch.ones_like(columns), atol=1e-5)


def test_level_3_answers_differ_when_a_text_moves(bench: Bench, text: Text) -> None:
    trained = bench.trained(0, 200).model
    assert moved(bench, text, trained, 3) == pytest.approx(5.3, abs=1.5)
    assert moved(bench, text, trained, 0) < 1e-4


def moved(bench: Bench, text: Text, trained: Any, number: int) -> float:
    """How far logits move when 32 characters move by 40 positions."""
    model = bench.model(bench.code(number))
    model.load_state_dict(trained.state_dict())
    ids = text.validation[:32][None]
    with torch.no_grad():
        return float((model(ids) - model(ids, torch.arange(32) + 40)).abs().max())


def test_level_3_trains_a_little_worse(bench: Bench) -> None:
    assert late_loss(bench.trained(3, 200).losses) == pytest.approx(0.41, abs=SPREAD)


def test_level_4_one_blank_token_takes_every_position_with_it(bench: Bench, text: Text) -> None:
    for number, finite in ((4, 0), (0, 32)):
        model = bench.model(bench.code(number))
        model.token_embeddings.weight.data[0] = 0
        ids = text.validation[:32].clone()[None]
        ids[ids == 0] = 1
        ids[0, 10] = 0
        with torch.no_grad():
            assert int(torch.isfinite(model(ids)).all(-1).sum()) == finite


def test_level_4_trains_like_correct_code(bench: Bench) -> None:
    pairs = zip(bench.trained(4, 30).losses, bench.trained(0, 30).losses, strict=True)
    assert all(abs(a - b) < 5e-4 for a, b in pairs)


def test_level_5_checkpoints_do_not_cross_over(bench: Bench) -> None:
    home, away = bench.trained(0, 200).model, bench.trained(5, 200).model
    assert bench.validation_loss(home) == pytest.approx(0.29, abs=SPREAD)
    assert bench.validation_loss(away) == pytest.approx(0.29, abs=SPREAD)
    for number, model in ((5, home), (0, away)):
        guest = bench.model(bench.code(number))
        guest.load_state_dict(model.state_dict())
        assert bench.validation_loss(guest) == pytest.approx(1.68, abs=0.3)


def test_level_5_a_shift_of_all_positions_changes_nothing(bench: Bench, text: Text) -> None:
    assert moved(bench, text, bench.model(bench.code(5)), 5) < 1e-4


def test_level_6_beats_correct_code_when_shallow(bench: Bench) -> None:
    shallow = late_loss(bench.trained(6, 60).losses)
    assert shallow < late_loss(bench.trained(0, 60).losses)


def test_level_6_deep_learns_how_often_each_letter_occurs(bench: Bench, text: Text) -> None:
    counts = torch.bincount(torch.tensor(text.training)).double()
    share = counts / counts.sum()
    entropy = -(share * share.log()).sum().item()
    assert entropy == pytest.approx(2.74, abs=0.005)
    assert late_loss(bench.trained(6, 60, layers=16).losses) == pytest.approx(entropy, abs=SPREAD)


def test_level_6_gradients_explode_towards_the_first_layer(bench: Bench, text: Text) -> None:
    ratios = {}
    for number in (0, 6):
        code = bench.code(number)
        model = bench.model(code, layers=16)
        ids = torch.tensor(text.training[: 16 * 65]).view(16, 65)
        loss = code.attribute("training.loss", "cross_entropy_loss")
        loss(model(ids[:, :-1]), ids[:, 1:]).backward()
        first, last = (model.layers[i].ffn.w1.weight.grad.norm().item() for i in (0, -1))
        ratios[number] = first / last
    assert ratios[6] > 100
    assert ratios[0] < 10


def test_level_7_is_worse_than_guessing(bench: Bench, text: Text) -> None:
    run = bench.trained(7, 200)
    assert math.log(len(text.characters)) == pytest.approx(3.1, abs=0.05)
    assert run.losses[0] == pytest.approx(-4, abs=0.15)
    assert run.losses[-1] == pytest.approx(-24, abs=1.5)
    assert bench.validation_loss(run.model) == pytest.approx(24, abs=1.5)
    assert bench.accuracy(run.model) < 1 / len(text.characters) / 4


def test_level_8_unread_rows_grow_without_bound(bench: Bench) -> None:
    grown = bench.trained(8, 100, extra=4).model.token_embeddings.weight[-4:]
    assert not torch.isfinite(grown.detach().norm(dim=1)).any()
    still = bench.trained(0, 100, extra=4).model.token_embeddings.weight[-4:]
    assert still.detach().norm(dim=1).mean().item() == pytest.approx(8.05, abs=0.5)


def test_level_8_strong_decay_lowers_the_training_loss(bench: Bench) -> None:
    wrong = late_loss(bench.trained(8, 100, decay=1.0).losses)
    assert wrong < late_loss(bench.trained(0, 100, decay=1.0).losses) - 0.1


def test_level_9_has_the_symptoms_of_its_brief(bench: Bench, text: Text) -> None:
    code = bench.code(9)
    model = bench.model(code)
    ids = text.validation[:33][None]
    loss = code.attribute("training.loss", "cross_entropy_loss")
    assert loss(model(ids[:, :-1]), ids[:, 1:]).item() < 0
    model.token_embeddings.weight.data[ids[0, 5]] = 0
    assert not torch.isfinite(model(ids)).any()
    guest = bench.model(code)
    guest.load_state_dict(bench.trained(0, 200).model.state_dict())
    assert bench.validation_loss(guest) > 1
