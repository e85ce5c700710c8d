"""The network: a small Llama, written out so that it is exactly what llama.cpp computes.

Rules: pre-norm blocks with RMSNorm, grouped-query attention, SwiGLU, tied embeddings.
Rotary pairs are interleaved (2i, 2i+1), which is what llama.cpp's ``llama`` architecture
expects, so no weight is permuted at export. Every document starts at position 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class Config:
    """Shape of the network. ``width`` must be ``heads * head_dim``."""

    vocab: int = 2048
    width: int = 192
    layers: int = 6
    heads: int = 3
    kv_heads: int = 1
    head_dim: int = 64
    hidden: int = 512
    context: int = 2048
    norm_eps: float = 1e-5
    rope_base: float = 10_000.0


class RMSNorm(nn.Module):
    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, (x.shape[-1],), self.weight.to(x.dtype), self.eps)


class Linear(nn.Linear):
    """A bias-free matrix whose weight follows the activations' dtype.

    Weights live in float32 for the optimiser; the product runs in bfloat16, which this
    kind of CPU multiplies about twice as fast.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight.to(x.dtype))


def rotary_tables(cfg: Config, device: torch.device | None = None) -> tuple[Tensor, Tensor]:
    """Cosines and sines, shape (context, head_dim / 2)."""
    steps = torch.arange(0, cfg.head_dim, 2, dtype=torch.float32, device=device)
    freqs = cfg.rope_base ** (-steps / cfg.head_dim)
    angles = torch.arange(cfg.context, dtype=torch.float32, device=device)[:, None] * freqs
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotate pairs (2i, 2i+1) of the last axis; x is (batch, heads, time, head_dim)."""
    even, odd = x[..., 0::2], x[..., 1::2]
    turned = torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1)
    return turned.flatten(-2)


class Attention(nn.Module):
    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.cfg = cfg
        self.q = Linear(cfg.width, cfg.heads * cfg.head_dim)
        self.k = Linear(cfg.width, cfg.kv_heads * cfg.head_dim)
        self.v = Linear(cfg.width, cfg.kv_heads * cfg.head_dim)
        self.o = Linear(cfg.heads * cfg.head_dim, cfg.width)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
        cfg, (batch, time, _) = self.cfg, x.shape
        group = cfg.heads // cfg.kv_heads
        q = self.q(x).view(batch, time, cfg.heads, cfg.head_dim).transpose(1, 2)
        k = self.k(x).view(batch, time, cfg.kv_heads, cfg.head_dim).transpose(1, 2)
        v = self.v(x).view(batch, time, cfg.kv_heads, cfg.head_dim).transpose(1, 2)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        # Plain products: at these sizes torch's fused CPU kernel is several times slower.
        # The query heads that share a key head become one long matrix.
        q = q.reshape(batch, cfg.kv_heads, group * time, cfg.head_dim)
        scores = (q @ k.transpose(-1, -2)).view(batch, cfg.kv_heads, group, time, time)
        weights = torch.softmax(scores * (1 / math.sqrt(cfg.head_dim)) + mask, dim=-1)
        mixed = weights.view(batch, cfg.kv_heads, group * time, time) @ v
        mixed = mixed.view(batch, cfg.heads, time, cfg.head_dim)
        out: Tensor = self.o(mixed.transpose(1, 2).reshape(batch, time, -1))
        return out


class Block(nn.Module):
    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.attention_norm = RMSNorm(cfg.width, cfg.norm_eps)
        self.attention = Attention(cfg)
        self.mlp_norm = RMSNorm(cfg.width, cfg.norm_eps)
        self.gate = Linear(cfg.width, cfg.hidden)
        self.up = Linear(cfg.width, cfg.hidden)
        self.down = Linear(cfg.hidden, cfg.width)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
        x = x + self.attention(self.attention_norm(x), cos, sin, mask)
        h = self.mlp_norm(x)
        out: Tensor = x + self.down(F.silu(self.gate(h)) * self.up(h))
        return out


class Llama(nn.Module):
    """Token ids (batch, time) in, float32 logits (batch, time, vocab) out."""

    cos: Tensor
    sin: Tensor

    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.cfg = cfg
        self.embedding = nn.Embedding(cfg.vocab, cfg.width)
        self.blocks = nn.ModuleList(Block(cfg) for _ in range(cfg.layers))
        self.norm = RMSNorm(cfg.width, cfg.norm_eps)
        cos, sin = rotary_tables(cfg)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        self.reset()

    def reset(self) -> None:
        """Small random weights; the two matrices that write to the stream start at zero."""
        nn.init.normal_(self.embedding.weight, std=0.05)
        for name, matrix in self.named_parameters():
            if matrix.ndim == 2 and not name.startswith("embedding"):
                nn.init.normal_(matrix, std=1 / math.sqrt(matrix.shape[1]))
            if name.endswith(("o.weight", "down.weight")):
                nn.init.zeros_(matrix)

    def hidden(self, ids: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """The normed stream after the last block, (batch, time, width)."""
        time = ids.shape[1]
        cos, sin = self.cos[:time].to(dtype), self.sin[:time].to(dtype)
        mask = torch.full((time, time), float("-inf"), dtype=dtype, device=ids.device).triu(1)
        x = F.embedding(ids, self.embedding.weight).to(dtype)
        for block in self.blocks:
            x = block(x, cos, sin, mask)
        normed: Tensor = self.norm(x)
        return normed

    def forward(self, ids: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        x = self.hidden(ids, dtype)
        return F.linear(x, self.embedding.weight.to(x.dtype)).float()

    def loss(self, ids: Tensor, weights: Tensor, dtype: torch.dtype) -> Tensor:
        """Sum of weighted cross entropies; ``weights[:, t]`` belongs to token ``t``."""
        x = self.hidden(ids[:, :-1], dtype).flatten(0, 1)
        wanted, weights = ids[:, 1:].flatten(), weights[:, 1:].flatten()
        # Padding would waste a third of the largest product: leave it out.
        kept = weights.nonzero().squeeze(1)
        logits = F.linear(x[kept], self.embedding.weight.to(x.dtype)).float()
        each = F.cross_entropy(logits, wanted[kept], reduction="none")
        return (each * weights[kept]).sum()
