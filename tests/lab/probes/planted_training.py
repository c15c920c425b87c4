"""Further bugs in decoding and training, one at a time, each with the probe that must fire."""

from __future__ import annotations

from tests.lab.probes import edits as e
from tests.lab.probes.edits import (
    checkpoint,
    clipping,
    data,
    decoding,
    loss,
    optimizer,
    schedule,
    trainer,
)
from tests.lab.probes.planted import bug

LOSS = (
    bug(
        "loss without its maximum",
        "loss.huge_logits",
        loss("logits - logits.amax(dim=-1, keepdim=True)", "logits"),
    ),
    bug("loss summed", "loss.mean", loss("-target_log_probs.mean()", "-target_log_probs.sum()")),
    bug(
        "loss in bits",
        "loss.uniform",
        loss("-target_log_probs.mean()", "-target_log_probs.mean() / 0.6931"),
    ),
    bug(
        "loss of probabilities",
        "loss.non_negative",
        loss("-target_log_probs.mean()", "-target_log_probs.exp().mean()"),
    ),
    bug(
        "loss over the first targets alone",
        "loss.reference",
        loss("-target_log_probs.mean()", "-target_log_probs.flatten()[0]"),
    ),
    bug(
        "loss cut from the graph in part",
        "loss.gradient",
        loss("_logits - log_normaliser", "_logits - log_normaliser.detach()"),
    ),
)

OPTIMIZER = (
    bug("no bias correction", "optimizer.bias_correction", optimizer(e.ALPHA, "alpha_t = lr")),
    bug(
        "bias correction of the mean alone",
        "optimizer.first_step",
        optimizer(e.ALPHA, "alpha_t = lr / (1 - beta1**t)"),
    ),
    bug(
        "bias correction one step late",
        "optimizer.bias_correction",
        optimizer(e.ALPHA, "t = max(1, t - 1)\n                " + e.ALPHA),
    ),
    bug(
        "betas swapped",
        "optimizer.moments",
        optimizer('beta1, beta2 = group["betas"]', 'beta2, beta1 = group["betas"]'),
    ),
    bug("no root", "optimizer.scale_free", optimizer("v.sqrt() + eps", "v + eps")),
    bug(
        "decay without the learning rate",
        "optimizer.decay",
        optimizer("alpha=-lr * weight_decay)", "alpha=-weight_decay)"),
    ),
    bug(
        "decay in the gradient",
        "optimizer.decoupled",
        optimizer("grad = p.grad.data", "grad = p.grad.data + weight_decay * p.data"),
    ),
    bug(
        "decay for idle parameters",
        "optimizer.no_gradient",
        optimizer(
            "if p.grad is None:\n",
            "if p.grad is None:\n                    p.data.mul_(1 - lr * weight_decay)\n",
        ),
    ),
    bug(
        "groups ignored",
        "optimizer.groups",
        optimizer(
            "for group in self.param_groups:\n",
            "for group in self.param_groups:\n"
            '            group = {**self.param_groups[0], "params": group["params"]}\n',
        ),
    ),
    bug("a mean without memory", "optimizer.moments", optimizer("m.mul_(beta1)", "m.mul_(0)")),
    bug("steps uphill", "optimizer.first_step", optimizer("value=-alpha_t)", "value=alpha_t)")),
    bug(
        "square of the mean for mean of the squares",
        "optimizer.trajectory",
        optimizer("v.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)", "v = m * m"),
    ),
    bug(
        "decay doubled",
        "optimizer.trajectory",
        optimizer("alpha=-lr * weight_decay)", "alpha=-2 * lr * weight_decay)"),
    ),
)

SCHEDULE_AND_CLIPPING = (
    bug(
        "warm-up from one",
        "schedule.corners",
        schedule(
            "return max_lr * step / warmup_steps", "return max_lr * (step + 1) / warmup_steps"
        ),
    ),
    bug(
        "cosine of a whole turn",
        "schedule.cosine",
        schedule("math.pi * progress", "2 * math.pi * progress"),
    ),
    bug(
        "cosine that counts warm-up",
        "schedule.cosine",
        schedule("(step - warmup_steps) / (total_steps - warmup_steps)", "step / total_steps"),
    ),
    bug(
        "cosine to zero",
        "schedule.cosine",
        schedule("return min_lr + (max_lr - min_lr) * (1", "return max_lr * (1"),
    ),
    bug(
        "schedule that rises again",
        "schedule.corners",
        schedule("    if step >= total_steps:\n        return min_lr\n", ""),
    ),
    bug(
        "warm-up that divides by its length",
        "schedule.no_warmup",
        schedule("if step < warmup_steps:", "if step <= warmup_steps:"),
    ),
    bug(
        "each parameter clipped by itself",
        "clipping.direction",
        clipping(e.CLIP, "gradient.mul_(max_norm / (torch.linalg.vector_norm(gradient) + eps))"),
    ),
    bug(
        "clipping element by element",
        "clipping.direction",
        clipping(e.CLIP, "gradient.clamp_(-max_norm, max_norm)"),
    ),
    bug(
        "squared norm",
        "clipping.norm",
        clipping(e.CLIP, "gradient.mul_(max_norm / (total_norm**2 + eps))"),
    ),
    bug(
        "always scaled to the limit",
        "clipping.untouched",
        clipping("if total_norm > max_norm:", "if total_norm > 0:"),
    ),
    bug(
        "norms added up",
        "clipping.reported",
        clipping("torch.linalg.vector_norm(norms)", "norms.sum()"),
    ),
    bug(
        "norm after clipping",
        "clipping.reported",
        clipping("return total_norm\n", "return total_norm.clamp(max=max_norm)\n"),
    ),
    bug(
        "nothing clipped when a gradient is missing",
        "clipping.missing",
        clipping(
            "    gradients = [p.grad for p in parameters if p.grad is not None]\n",
            "    parameters = list(parameters)\n"
            "    gradients = [p.grad for p in parameters if p.grad is not None]\n"
            "    if len(gradients) < len(parameters):\n"
            "        return torch.linalg.vector_norm(gradients[0])\n",
        ),
    ),
)

DATA_AND_CHECKPOINT = (
    bug(
        "targets not shifted",
        "data.shifted",
        data("windows[:, :-1], windows[:, 1:]", "windows[:, :-1], windows[:, :-1]"),
    ),
    bug(
        "targets one before",
        "data.shifted",
        data("windows[:, :-1], windows[:, 1:]", "windows[:, 1:], windows[:, :-1]"),
    ),
    bug(
        "last start never drawn",
        "data.starts",
        data("torch.randint(num_starts,", "torch.randint(max(1, num_starts - 1),"),
    ),
    bug(
        "starts drawn in steps",
        "data.starts",
        data("    indices = starts +", "    starts = starts // 2 * 2\n    indices = starts +"),
    ),
    bug("generator ignored", "data.repeatable", data(", generator=generator)", ")")),
    bug(
        "token ids of eight bits",
        "data.tokens",
        data("astype(np.int64)", "astype(np.uint8).astype(np.int64)"),
    ),
    bug(
        "optimizer not restored",
        "checkpoint.resume",
        checkpoint('optimizer.load_state_dict(checkpoint["optimizer"])', "pass"),
    ),
    bug(
        "model not restored",
        "checkpoint.round_trip",
        checkpoint('model.load_state_dict(checkpoint["model"])', "pass"),
    ),
    bug("step not saved", "checkpoint.round_trip", checkpoint('"step": step,', '"step": 0,')),
)

DECODING = (
    bug(
        "temperature multiplied",
        "decoding.temperature",
        decoding("logits / temperature", "logits * temperature"),
    ),
    bug(
        "temperature after the softmax",
        "decoding.temperature",
        decoding(
            "softmax(logits / temperature, dimension=-1)",
            "softmax(logits, dimension=-1) / temperature",
        ),
    ),
    bug(
        "temperature zero that divides",
        "decoding.greedy_limit",
        decoding("if temperature == 0:", "if temperature is None:"),
    ),
    bug(
        "top-p keeps one too few",
        "decoding.top_p",
        decoding("mass_before >= top_p", "mass_before + ranked >= top_p"),
    ),
    bug(
        "top-p not made up to one",
        "decoding.top_p",
        decoding("nucleus / nucleus.sum(dim=-1, keepdim=True)", "nucleus"),
    ),
    bug(
        "top-p left in its ranking",
        "decoding.order",
        decoding("torch.zeros_like(probabilities).scatter(-1, order, nucleus)", "nucleus"),
    ),
    bug(
        "context cut at its beginning",
        "decoding.generate",
        decoding("token_ids[-model.context_length :]", "token_ids[: model.context_length]"),
    ),
    bug(
        "last but one token continued",
        "decoding.generate",
        decoding("[0, -1]", "[0, -2:][0]"),
    ),
    bug(
        "sampling that takes the likeliest",
        "decoding.sampling",
        decoding(
            "torch.multinomial(probabilities, num_samples=1, generator=generator)",
            "probabilities.argmax(-1, keepdim=True)",
        ),
    ),
    bug(
        "sampling that takes any token",
        "decoding.sampling",
        decoding("torch.multinomial(probabilities, ", "torch.multinomial(probabilities**0, "),
    ),
    bug(
        "end token ignored",
        "decoding.end_token",
        decoding("if next_token.item() == end_token:", "if next_token.item() == -1:"),
    ),
)

TRAINER = (
    bug(
        "clipping after the step",
        "training.clipped",
        trainer(e.UPDATE, "\n".join(reversed(e.UPDATE.splitlines())) + "\n"),
    ),
    bug(
        "no clipping",
        "training.clipped",
        trainer("clip_gradients(model.parameters(), max_grad_norm)", "pass"),
    ),
    bug(
        "gradients never cleared",
        "training.fresh_gradients",
        trainer("optimizer.zero_grad()", "pass"),
    ),
    bug(
        "gradients cleared too late",
        "training.descent",
        trainer("    loss.backward()\n", "    loss.backward()\n    optimizer.zero_grad()\n"),
    ),
    bug(
        "targets shifted a second time",
        "training.reported_loss",
        trainer("(logits, targets)", "(logits[:, :-1], targets[:, 1:])"),
    ),
    bug("no step", "training.update_ratio", trainer("    optimizer.step()\n", "")),
    bug("schedule not followed", "schedule.followed", trainer('group["lr"] = lr', "pass")),
    bug(
        "schedule one step late",
        "schedule.followed",
        trainer("            step, config.max_lr", "            step - 1, config.max_lr"),
    ),
    bug(
        "one step too few",
        "schedule.followed",
        trainer("range(1, config.steps + 1)", "range(1, config.steps)"),
    ),
)

PLANTED_IN_TRAINING = (
    LOSS + OPTIMIZER + SCHEDULE_AND_CLIPPING + DATA_AND_CHECKPOINT + DECODING + TRAINER
)
