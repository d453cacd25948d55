"""Trains the network on scenes that it makes as it goes, in one process on one core; stopped, it goes on where it was."""

from __future__ import annotations

import math
import signal
import time
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from training.loss import loss, plain_loss
from training.network import Network
from training.reservoir import Reservoir
from training.textures import make_bank


@dataclass(frozen=True)
class Recipe:
    """samples: how many pictures are learnt from in all.

    sides: the pictures' sides, in px, one of which each batch has, and the share of all samples from which on they hold.
    fresh: scenes made for each batch. start: scenes made before the first. capacity: scenes kept, the newest. rates: AdamW's
    learning rate, and the share of all samples from which on it falls from there. joined: how many of these falls, the last,
    have a part in the result. decay: of the weights. memory: of the average of the weights. invariant_from: the share of all
    samples from which on the scale- and shift-invariant loss leads.
    """

    samples: int = 512_000
    sides: tuple[tuple[float, tuple[int, ...]], ...] = (
        (0.0, (64,)),
        (0.265, (96,)),
        (0.34, (128,)),
        (0.59, (96, 128, 128, 128, 160, 160)),
    )
    batch: int = 16
    fresh: float = 1.0
    start: int = 1000
    capacity: int = 4_000
    rates: tuple[tuple[float, float], ...] = ((0.0, 1.3e-3), (0.365, 8e-4), (0.59, 4e-4), (0.785, 4e-4))
    joined: int = 3
    decay: float = 0.03
    memory: float = 0.996
    seed: int = 0
    invariant_from: float = 0.295


PLAIN_SHARE = 0.4
"""Of the squared differences, once the absolute ones lead."""


def rate(recipe: Recipe, share: float) -> float:
    """The learning rate after ``share`` of all samples: from each start it falls by a cosine to nearly nothing at the next."""
    ends = [*(since for since, _ in recipe.rates[1:]), 1.0]
    since, peak, until = [(*start, end) for start, end in zip(recipe.rates, ends, strict=True) if share >= start[0]][-1]
    return peak * max(0.01, 0.5 + 0.5 * math.cos(math.pi * (share - since) / (until - since)))


def train(recipe: Recipe, folder: Path, report_every: int = 200, save_every_s: float = 120.0) -> list[Network]:
    """The exponential moving average of the weights as it is at the end of each of the last falls of the learning rate.

    Their mean errs less than any of them ("Averaging Weights Leads to Wider Optima and Better Generalization", Izmailov et al.,
    UAI 2018). ``folder``: scenes and checkpoint.
    """
    cv2.setNumThreads(1)
    torch.manual_seed(recipe.seed)
    reservoir = Reservoir(folder / "scenes", recipe.capacity, make_bank(recipe.seed), recipe.seed)
    network = Network().to(memory_format=torch.channels_last)
    average = deepcopy(network).eval()
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=recipe.rates[0][1], weight_decay=recipe.decay, betas=(0.9, 0.99), fused=True
    )
    checkpoint, step, ends = folder / "checkpoint.pt", 0, []
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        step, ends = state["seen"] // recipe.batch, state["ends"]
    reservoir.grow(max(0, recipe.start - reservoir.made))
    steps, saved, total, began = recipe.samples // recipe.batch, time.monotonic(), 0.0, time.monotonic()
    restarts = {round(since * steps) for since, _ in recipe.rates[1:]}
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopped.append(number))
    while step < steps:
        share = step / steps
        if step in restarts:
            ends.append(deepcopy(average.state_dict()))
        for group in optimiser.param_groups:
            group["lr"] = rate(recipe, share) * min(1.0, (step + 1) / 100)
        reservoir.grow(int((step + 1) * recipe.fresh) - int(step * recipe.fresh))
        random = np.random.default_rng([recipe.seed, 1, step])
        side = int(random.choice([sides for since, sides in recipe.sides if share >= since][-1]))
        rgb, truth = (torch.from_numpy(array) for array in reservoir.batch(random, recipe.batch, side))
        root = network(rgb)
        value = plain_loss(root, truth)
        if share >= recipe.invariant_from:
            value = PLAIN_SHARE * value + loss(root.clamp(min=0) ** 2, truth)
        optimiser.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        step += 1
        _follow(average, network, min(recipe.memory, step / (step + 20)))
        total += value.item()
        if step % report_every == 0:
            spent = (time.monotonic() - began) / report_every
            print(f"{time.strftime('%H:%M:%S')} step {step}/{steps} side {side} loss {total / report_every:.4f} "
                  f"{recipe.batch / spent:.1f} samples/s, {reservoir.made} scenes", flush=True)  # fmt: skip
            total, began = 0.0, time.monotonic()
        if time.monotonic() - saved > save_every_s or step == steps or stopped:
            saved = time.monotonic()
            state = {
                "network": network.state_dict(),
                "average": average.state_dict(),
                "optimiser": optimiser.state_dict(),
                "ends": ends,
                "seen": step * recipe.batch,
            }
            torch.save(state, checkpoint.with_suffix(".part"))
            checkpoint.with_suffix(".part").replace(checkpoint)
        if stopped:
            raise SystemExit(f"stopped after {step * recipe.batch} samples; the same command goes on from there")
    networks = [deepcopy(average) for _ in ends] + [average]
    for network, state in zip(networks, ends, strict=False):
        network.load_state_dict(state)
    return networks[-recipe.joined :]


@torch.no_grad()
def _follow(average: Network, network: Network, memory: float) -> None:
    """Moves the running average of the weights a step towards what they are."""
    for mean, now in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if mean.dtype.is_floating_point:
            mean.lerp_(now, 1 - memory)
        else:
            mean.copy_(now)
