"""Muon for the matrices, AdamW for the rest: two small optimisers behind one step.

Muon (Keller Jordan, 2024): the momentum of a matrix is replaced by its nearest
semi-orthogonal matrix, found with five Newton-Schulz steps. Matrices of one shape are
stacked and orthogonalised together.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def orthogonalise(stack: Tensor) -> Tensor:
    """(n, rows, columns) -> the same shape, each matrix with singular values near one."""
    a, b, c = _COEFFICIENTS
    x = stack.bfloat16()
    tall = x.shape[-2] > x.shape[-1]
    if tall:
        x = x.transpose(-1, -2)
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(5):
        gram = x @ x.transpose(-1, -2)
        x = a * x + (b * gram + c * gram @ gram) @ x
    flat: Tensor = (x.transpose(-1, -2) if tall else x).float()
    return flat


class Optimiser:
    """``step(scale)`` applies one update from the gradients that are there."""

    def __init__(self, model: nn.Module, muon_rate: float, adam_rate: float) -> None:
        named = list(model.named_parameters())
        self.matrices = [p for n, p in named if p.ndim == 2 and not n.startswith("embedding")]
        rest = [p for n, p in named if p.ndim != 2 or n.startswith("embedding")]
        self.momenta = [torch.zeros_like(p) for p in self.matrices]
        self.adam = torch.optim.AdamW(rest, lr=adam_rate, betas=(0.9, 0.95), weight_decay=0.0)
        self.muon_rate, self.adam_rate = muon_rate, adam_rate

    def step(self, scale: float) -> None:
        for group in self.adam.param_groups:
            group["lr"] = self.adam_rate * scale
        self.adam.step()
        with torch.no_grad():
            self._muon(self.muon_rate * scale)

    def _muon(self, rate: float) -> None:
        shapes: dict[tuple[int, ...], list[tuple[Tensor, Tensor]]] = {}
        for p, momentum in zip(self.matrices, self.momenta, strict=True):
            assert p.grad is not None
            momentum.lerp_(p.grad, 0.05)
            shapes.setdefault(tuple(p.shape), []).append((p, p.grad.lerp(momentum, 0.95)))
        for shape, members in shapes.items():
            updates = orthogonalise(torch.stack([update for _, update in members]))
            for (matrix, _), update in zip(members, updates, strict=True):
                matrix.sub_(update, alpha=rate * max(1.0, shape[0] / shape[1]) ** 0.5)
