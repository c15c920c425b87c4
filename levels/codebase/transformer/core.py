"""The parts that a transformer is put together from: everything but attention itself.

First the layers with weights, whose arguments ``device`` and ``dtype`` say where the weights are
kept and as what: a linear map, an embedding table, a norm, and a feed-forward network with its
activation function. Then two parts that attention needs and that learn nothing: the rotary position
embedding, and softmax.

Shapes are written as einops patterns, slowest axis first:

    ...       any number of leading dimensions, in the model (batch, seq) or (batch, heads, seq)
    seq       positions in a sequence of tokens
    heads     attention heads
    vocab     tokens in the vocabulary
    d_in      features that go into a layer
    d_out     features that come out of it
    d_model   width of the residual stream
    d_ff      width of the hidden layer in the feed-forward network
    d_k       width of one head's queries and keys
"""

import math

import torch
from einops import einsum, rearrange, reduce
from torch import Tensor, nn


class Linear(nn.Module):
    """A linear map without bias, y = W x, for every vector along the last axis.

    Parameter: ``weight`` (d_out, d_in), the layout of ``torch.nn.Linear``. It is drawn from a
    normal distribution of variance 2 / (d_in + d_out), which is a compromise between keeping the
    scale of activations on the way forward and that of gradients on the way back (Glorot & Bengio
    2010, eq. 12), truncated at three standard deviations.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(
            torch.empty(out_features, in_features, device=device, dtype=dtype)
        )
        std = math.sqrt(2 / (in_features + out_features))
        nn.init.trunc_normal_(self.weight, std=std, a=-3 * std, b=3 * std)

    def forward(self, x: Tensor) -> Tensor:
        """(..., d_in) -> (..., d_out)."""
        return einsum(x, self.weight, "... d_in, d_out d_in -> ... d_out")


class Embedding(nn.Module):
    """A table with one learned vector for each token of the vocabulary.

    Looking up row i is multiplying the table by a one-hot vector, without working out the zeros.

    Parameter: ``weight`` (num_embeddings, embedding_dim), in the model (vocab, d_model). It is
    drawn from a standard normal distribution, truncated at three standard deviations.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(
            torch.empty(num_embeddings, embedding_dim, device=device, dtype=dtype)
        )
        nn.init.trunc_normal_(self.weight, std=1.0, a=-3.0, b=3.0)

    def forward(self, token_ids: Tensor) -> Tensor:
        """Integers (...) -> (..., d_model)."""
        return self.weight[token_ids]


class RMSNorm(nn.Module):
    """Root mean square layer normalisation.

        y = x / RMS(x) * g,    RMS(x) = sqrt(mean(x**2) + eps)

    This is eq. 4 of Zhang & Sennrich 2019, with eps as in ``torch.nn.RMSNorm``. The mean is over
    the last axis. Unlike LayerNorm this neither centres a vector nor shifts it: it sets its scale,
    and then that of each feature by a learned gain g. All is computed in the dtype of ``x``.

    Parameter: ``weight`` (d_model,), the gain g, at first all ones.
    """

    def __init__(
        self,
        d_model: int,
        eps: float = 1e-5,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(d_model, device=device, dtype=dtype))

    def forward(self, x: Tensor) -> Tensor:
        """(..., d_model) -> (..., d_model)."""
        # One number for each vector: (..., 1)
        rms_inv = torch.rsqrt(reduce(x**2, "... d_model -> ... 1", "mean") + self.eps)
        return x * rms_inv * self.weight


def silu(x: Tensor) -> Tensor:
    """The sigmoid-weighted linear unit, x * sigmoid(x), element by element (Elfwing et al. 2018).

    A smooth relative of ReLU: about x for large x, about 0 for very negative x, with a shallow
    minimum in between. Also known as Swish with beta = 1. Any shape; the shape stays.
    """
    return x * torch.sigmoid(x)


class SwiGLU(nn.Module):
    """The position-wise feed-forward network with a gate (Shazeer 2020, eq. 6).

        FFN(x) = W2 (SiLU(W1 x) * W3 x)

    where * is element by element. In the paper these are W2, W and V, applied from the right. With
    three matrices in place of two, d_ff is usually 8/3 of d_model rather than 4 times d_model,
    which keeps the number of parameters.

    Parameters: ``w1`` and ``w3`` with weights (d_ff, d_model), ``w2`` with weight (d_model, d_ff).
    """

    def __init__(
        self,
        d_model: int,
        d_ff: int,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.w1 = Linear(d_model, d_ff, device=device, dtype=dtype)
        self.w2 = Linear(d_ff, d_model, device=device, dtype=dtype)
        self.w3 = Linear(d_model, d_ff, device=device, dtype=dtype)

    def forward(self, x: Tensor) -> Tensor:
        """(..., d_model) -> (..., d_model)."""
        gate = silu(self.w1(x))  # (..., d_ff)
        values = self.w3(x)  # (..., d_ff)
        output: Tensor = self.w2(gate * values)  # (..., d_model)
        return output


class RotaryPositionalEmbedding(nn.Module):
    """Rotary position embedding, RoPE (Su et al. 2021, RoFormer, section 3.2.2).

    A vector of d_k features is read as d_k / 2 points in the plane: features (0, 1), (2, 3), and so
    on. At position m, RoPE rotates point i about the origin by the angle

        m * theta_i,    theta_i = theta ** (-2 * i / d_k),    i = 0, ..., d_k / 2 - 1

    A point (a, b) read as the complex number a + bj is thereby multiplied by exp(j * m * theta_i),
    and the vector as a whole by the block-diagonal matrix R_m of the paper's eq. 15. Point 0 turns
    fastest, one radian per position; each later one is slower than the last by the same factor.
    With d_k = 4 and theta = 10000, for example, the angles at position m are m and m / 100.

    Rotations keep lengths, and rotations of one plane add up, so for a query q at position m and a
    key k at position n

        (R_m q) . (R_n k) = q . (R_{n-m} k)

    which is eq. 16: positions enter the score only through their distance.

    Some implementations pair feature i with feature i + d_k / 2. Up to the order of the features
    that is the same, but weights trained with one pairing do not serve the other.

    There is nothing to learn. The cosines and sines of all angles are tabulated once, in float64,
    and rounded to the dtype of whatever is to be rotated. As they follow from the arguments, they
    are left out of the state dict.
    """

    cos: Tensor  # (max_seq_len, d_k/2)
    sin: Tensor  # (max_seq_len, d_k/2)

    def __init__(
        self,
        d_k: int,
        theta: float,
        max_seq_len: int,
        device: torch.device | str | None = None,
    ) -> None:
        """Tabulate the angles.

        d_k: features of the vectors to come
        theta: the base, 10000 in the paper; the larger, the slower the last points turn
        max_seq_len: positions to prepare for: 0 up to max_seq_len - 1

        Raises ValueError for an odd d_k.
        """
        super().__init__()
        if d_k % 2 != 0:
            raise ValueError(f"d_k must be even, for features come in pairs; got {d_k}")

        i = torch.arange(d_k // 2, device=device, dtype=torch.float64)  # (d_k/2,)
        frequencies = theta ** (-2 * i / d_k)  # (d_k/2,), radians per position
        positions = torch.arange(max_seq_len, device=device, dtype=torch.float64)  # (max_seq_len,)
        # (max_seq_len, d_k/2)
        angles = einsum(positions, frequencies, "position, i -> position i")

        # Buffers, so that they move to another device with the module.
        self.register_buffer("cos", torch.cos(angles), persistent=False)
        self.register_buffer("sin", torch.sin(angles), persistent=False)

    def forward(self, x: Tensor, token_positions: Tensor) -> Tensor:
        """Rotate every vector of ``x`` by the angles of its position.

        x: (..., seq, d_k) or (..., heads, seq, d_k)
        token_positions: integers (..., seq) below max_seq_len; the leading dimensions are those of
            x without heads, for heads share positions, or broadcast against them.

        Returns the shape of x. R_m is nearly all zeros, so the product with it is not formed as a
        matrix product but element by element, as in eq. 34.
        """
        if token_positions.ndim < x.ndim - 1:
            # An axis of length one in the place of heads; harmless where there are none.
            token_positions = rearrange(token_positions, "... seq -> ... 1 seq")
        cos = self.cos[token_positions].to(x.dtype)  # (..., seq, d_k/2)
        sin = self.sin[token_positions].to(x.dtype)  # (..., seq, d_k/2)

        x1 = x[..., 0::2]  # (..., seq, d_k/2), the first feature of each pair
        x2 = x[..., 1::2]  # (..., seq, d_k/2), the second
        row1 = x1 * cos - x2 * sin
        row2 = x1 * sin + x2 * cos
        rotated = torch.stack((row1, row2), dim=-1)  # (..., seq, d_k/2, 2)
        return rearrange(rotated, "... seq i two -> ... seq (i two)")  # (..., seq, d_k)


def softmax(x: Tensor, dimension: int) -> Tensor:
    """exp(x) over the sum of exp(x) along ``dimension``. Any shape; the shape stays.

    A constant added to all inputs along the dimension cancels out. With the largest input brought
    to zero, no exponential overflows and the sum is at least one.
    """
    shifted = x - x.amax(dim=dimension, keepdim=True)
    exponentials = torch.exp(shifted)
    return exponentials / exponentials.sum(dim=dimension, keepdim=True)
