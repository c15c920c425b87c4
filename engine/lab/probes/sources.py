"""Where the probes come from: the definition, the paper or the practice that each one tests."""

from __future__ import annotations

ATTENTION = "Vaswani et al. 2017, Attention Is All You Need, section 3.2.1, eq. 1"
HEADS = "Vaswani et al. 2017, Attention Is All You Need, section 3.2.2"
MASK = "Vaswani et al. 2017, Attention Is All You Need, section 3.2.3"
ROTATION = "Su et al. 2021, RoFormer, section 3.2"
SETS = "Zaheer et al. 2017, Deep Sets: functions of a set do not depend on its order"
RESIDUAL = "He et al. 2016, Identity Mappings in Deep Residual Networks, eqs. 4 and 5"
PRE_NORM = "Xiong et al. 2020, On Layer Normalization in the Transformer Architecture"
NORM = "Zhang & Sennrich 2019, Root Mean Square Layer Normalization, eq. 4"
LOG_SUM_EXP = "Blanchard, Higham & Higham 2021, Accurately Computing the Log-Sum-Exp and Softmax"
MIXED = "Micikevicius et al. 2018, Mixed Precision Training"
CROSS_ENTROPY = "Shannon 1948, A Mathematical Theory of Communication"
ADAM = "Kingma & Ba 2015, Adam, Algorithm 1"
ADAM_STEP = "Kingma & Ba 2015, Adam, section 2.1: the size of a step"
ADAMW = "Loshchilov & Hutter 2019, Decoupled Weight Decay Regularization, Algorithm 2"
COSINE = "Loshchilov & Hutter 2017, SGDR, eq. 5"
WARMUP = "Goyal et al. 2017, Accurate, Large Minibatch SGD, section 2.2"
CLIPPING = "Pascanu, Mikolov & Bengio 2013, On the Difficulty of Training RNNs, Algorithm 1"
LANGUAGE_MODEL = "Bengio et al. 2003, A Neural Probabilistic Language Model: the next token"
TEMPERATURE = "Ackley, Hinton & Sejnowski 1985, A Learning Algorithm for Boltzmann Machines"
NUCLEUS = "Holtzman et al. 2020, The Curious Case of Neural Text Degeneration, section 3.1"
RECIPE = "Karpathy 2019, A Recipe for Training Neural Networks"
DIFFERENCES = "Griewank & Walther 2008, Evaluating Derivatives; Richardson 1911 for the error"
DEPTH = "Glorot & Bengio 2010, Understanding the Difficulty of Training Deep Networks"
TORCH = "PyTorch's documentation of the same operation"
PRACTICE = "practice: the first thing to look at, before any number"
CONTRACT = "the contract of a layer: a function of its inputs, one example at a time"

_SOURCES = {
    "shapes": CONTRACT,
    "shapes.trace": PRACTICE,
    "shapes.parameters": PRACTICE,
    "shapes.dtypes": MIXED,
    "layers": TORCH,
    "layers.softmax_shift": LOG_SUM_EXP,
    "layers.softmax_huge": LOG_SUM_EXP,
    "norm": NORM,
    "norm.low_precision": MIXED,
    "rope": ROTATION,
    "rope.relative": f"{ROTATION}, eq. 16",
    "attention": ATTENTION,
    "attention.masked": MASK,
    "attention.causality": MASK,
    "attention.causality_gradient": MASK,
    "attention.keys_permuted": SETS,
    "attention.keys_shifted": LOG_SUM_EXP,
    "attention.huge_scores": LOG_SUM_EXP,
    "attention.lookup": "Graves, Wayne & Danihelka 2014, Neural Turing Machines, section 3.3.1",
    "attention.entropy": "Zhai et al. 2023, Preventing Attention Entropy Collapse",
    "heads": HEADS,
    "heads.order": SETS,
    "heads.shift": ROTATION,
    "heads.lone_position": ROTATION,
    "heads.reference_rope": ROTATION,
    "heads.maps": "Vaswani et al. 2017, Attention Is All You Need, figures 3 to 5",
    "residual": RESIDUAL,
    "residual.pre_norm": PRE_NORM,
    "residual.depth": DEPTH,
    "gradients.finite_differences": DIFFERENCES,
    "gradients.reach": RECIPE,
    "gradients.examples": RECIPE,
    "feed_forward": "Shazeer 2020, GLU Variants Improve Transformer, eq. 6",
    "feed_forward.silu": "Elfwing, Uchibe & Doya 2018, Sigmoid-Weighted Linear Units",
    "loss": CROSS_ENTROPY,
    "loss.shift": LOG_SUM_EXP,
    "loss.huge_logits": LOG_SUM_EXP,
    "loss.gradient": "Bridle 1990, Probabilistic Interpretation of Network Outputs",
    "optimizer": ADAM,
    "optimizer.first_step": ADAM_STEP,
    "optimizer.bias_correction": "Kingma & Ba 2015, Adam, section 3",
    "optimizer.scale_free": ADAM_STEP,
    "optimizer.decay": ADAMW,
    "optimizer.decoupled": ADAMW,
    "optimizer.trajectory": ADAMW,
    "optimizer.groups": ADAMW,
    "optimizer.no_gradient": TORCH,
    "schedule": COSINE,
    "schedule.no_warmup": WARMUP,
    "clipping": CLIPPING,
    "data": LANGUAGE_MODEL,
    "data.starts": "counting: every start has the same chance",
    "data.repeatable": RECIPE,
    "checkpoint": "PyTorch's documentation of saving and loading a general checkpoint",
    "decoding": LANGUAGE_MODEL,
    "decoding.temperature": TEMPERATURE,
    "decoding.greedy_limit": TEMPERATURE,
    "decoding.top_p": NUCLEUS,
    "decoding.order": NUCLEUS,
    "training": RECIPE,
    "training.first_nonfinite": PRACTICE,
    "training.clipped": CLIPPING,
    "training.descent": "Cauchy 1847: the step of steepest descent",
    "training.update_ratio": ADAM_STEP,
    "training.gradient_norms": DEPTH,
    "training.attention_map": MASK,
    "training.entropy_bound": f"{CROSS_ENTROPY}; Ville 1939 for fair bets",
}
"""By a probe's name, or by its area for those that have no line of their own."""


def source(probe: str) -> str:
    """Where ``probe`` comes from. Raises KeyError for one of an unknown area."""
    return _SOURCES.get(probe) or _SOURCES[probe.partition(".")[0]]
