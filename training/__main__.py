"""``python -m training FOLDER``: makes scenes, trains the network on them, and writes it as zoom3d takes it."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import torch

from training.export import write
from training.train import Recipe, train


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument(
        "folder", type=Path, help="where scenes and checkpoints are kept; a stopped training goes on from there"
    )
    parser.add_argument("--samples", type=int, default=Recipe.samples, help="pictures to learn from in all")
    parser.add_argument("--seed", type=int, default=Recipe.seed)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--export", type=Path, help="the file of weights to write at the end")
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    networks = train(replace(Recipe(), samples=asked.samples, seed=asked.seed), asked.folder)
    if asked.export is not None:
        write(networks, asked.export)


if __name__ == "__main__":
    main()
