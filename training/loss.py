"""What training minimises: the scale- and shift-invariant loss of MiDaS (Ranftl et al., TPAMI 2022, eq. 5 to 11)."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

GRADIENT_SHARE, SCALES = 1.5, 4


def aligned(disparity: Tensor) -> Tensor:
    """(B, H, W) with median 0 and mean absolute deviation 1 in every picture (eq. 5 and 6)."""
    flat = disparity.flatten(1)
    shifted = flat - flat.median(1, keepdim=True).values
    return (shifted / (shifted.abs().mean(1, keepdim=True) + 1e-4)).view_as(disparity)


def loss(predicted: Tensor, truth: Tensor) -> Tensor:
    """Absolute differences after alignment, and those of their gradients at four scales (eq. 7 and 11).

    Weighted towards what is far: there a small difference in disparity is a large one in distance.
    """
    middle = truth.flatten(1).median(1).values.clamp(min=0.02)[:, None, None]
    weight = 1 / (truth / middle + 0.5)
    weight = weight / weight.mean((1, 2), keepdim=True)
    difference = aligned(predicted) - aligned(truth)
    return (weight * difference.abs()).mean() + GRADIENT_SHARE * gradients(difference, weight)


def plain_loss(root: Tensor, truth: Tensor) -> Tensor:
    """Squared differences of the root of disparity and of its steps, at four distances.

    Where it is unsure it asks for the mean, not the median: a network that suspects a subject is drawn towards it from the
    first step on, while absolute differences hold it at the background's ramp for long.
    """
    target = truth.clamp(min=0).sqrt()
    anchor = ((root - target) ** 2).mean()
    difference = standardised(root) - standardised(target)
    total = (difference**2).mean() + 2 * anchor
    for step in (1, 2, 4, 8):
        total = total + 0.3 * ((difference[:, :, step:] - difference[:, :, :-step]) ** 2).mean()
        total = total + 0.3 * ((difference[:, step:] - difference[:, :-step]) ** 2).mean()
    return total


def standardised(values: Tensor) -> Tensor:
    """(B, H, W) with mean 0 and nearly deviation 1 in every picture; flat pictures stay flat."""
    centred = values - values.mean((1, 2), keepdim=True)
    return centred / (centred.square().mean((1, 2), keepdim=True).sqrt() + 0.04)


def gradients(difference: Tensor, weight: Tensor) -> Tensor:
    total = difference.new_zeros(())
    for _ in range(SCALES):
        total = total + (weight[:, :, 1:] * (difference[:, :, 1:] - difference[:, :, :-1]).abs()).mean()
        total = total + (weight[:, 1:] * (difference[:, 1:] - difference[:, :-1]).abs()).mean()
        difference, weight = (F.avg_pool2d(x[:, None], 2)[:, 0] for x in (difference, weight))
    return total
