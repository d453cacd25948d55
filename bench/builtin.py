"""The built-in depth estimator against measured scenes: a ramp, classical cues, the network, and what each part of it brings.

python bench/builtin.py [--shared FOLDER] [--photographs]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import cv2
import numpy as np

from zoom3d import saliency
from zoom3d.depth import _settle, builtin, builtin_network, classical
from zoom3d.depth.normalise import normalise
from zoom3d.depth.refine import refine

SIX_LOOKS = [(side, mirrored) for side in (96, 128, 160) for mirrored in (False, True)]
MEASURES = ("ordinal", "absrel", "boundary")
Estimator = Callable[[np.ndarray], np.ndarray]


def ramp(rgb: np.ndarray) -> np.ndarray:
    return np.repeat(np.linspace(0, 1, 64, dtype=np.float32)[:, None], 64, axis=1)


def cues(rgb: np.ndarray) -> np.ndarray:
    return classical.guess(rgb).disparity


def beside_ramp(rgb: np.ndarray, weight: float, **how: Any) -> np.ndarray:
    mixed = builtin.mix(builtin_network.predict(rgb, **how), ramp(rgb), rgb, weight)
    nothing = np.zeros((8, 8), bool)
    return builtin.follow(mixed, rgb, nothing, nothing)


def network_alone(rgb: np.ndarray, **how: Any) -> np.ndarray:
    return beside_ramp(rgb, 0.0, **how)


def two_looks(rgb: np.ndarray) -> np.ndarray:
    guess = classical.guess(rgb, builtin.SUBJECT)
    mixed = builtin.mix(builtin_network.predict(rgb, [(128, False), (160, True)]), guess.disparity, rgb)
    return builtin.follow(builtin.stand(mixed, guess.upright), rgb, guess.subject, guess.upright)


def by_colour(rgb: np.ndarray, lab: np.ndarray, sky: np.ndarray, likely: np.ndarray, seen: Any) -> np.ndarray:
    return saliency.segment(rgb, likely, sky)


def unfollowed(rgb: np.ndarray) -> np.ndarray:
    guess = classical.guess(rgb, builtin.SUBJECT)
    return builtin.stand(builtin.mix(builtin_network.predict(rgb), guess.disparity, rgb), guess.upright)


def without(module: ModuleType, name: str, value: Any) -> Estimator:
    """The built-in estimator with another setting."""

    def estimate(rgb: np.ndarray) -> np.ndarray:
        with patch.object(module, name, value):
            return builtin.estimate(rgb)

    return refined(estimate)


def refined(estimator: Estimator) -> Estimator:
    return lambda rgb: refine(normalise(estimator(rgb)), rgb)


BUILT_IN = "network + cues, followed, refined (built in)"
ESTIMATORS: dict[str, Estimator] = {
    "ramp": ramp,
    "classical cues, refined": refined(cues),
    BUILT_IN: refined(builtin.estimate),
    "the same, not refined": builtin.estimate,
    "two looks (128 px, and 160 px mirrored)": refined(two_looks),
    "surfaces' values not put back": without(_settle, "_by_surface", lambda change, trust, settled: 0),
    "steps not strengthened": without(_settle, "_STRENGTHEN", np.float32(0)),
    "a subject does not grow by its own colours": without(saliency, "grow", lambda rgb, subject, sky: subject),
    "what stands upright left leaning": without(builtin, "stand", lambda disparity, upright: disparity),
    "floors stepped": without(_settle, "_floor", lambda disparity: 0),
    "subject not held together": without(_settle, "_HOLD", 0.0),
    "what stands upright not held together": without(_settle, "_BODY_HOLD", 0.0),
    "faces not looked for": without(saliency, "faces", lambda rgb: []),
    "subject by colour alone, drawn or not": without(classical, "_figure", by_colour),
    "subject not emphasised": without(builtin, "SUBJECT", 1.0),
    "followed on the photograph as it is": without(_settle, "_flattened", lambda rgb: rgb),
    "network + cues, neither followed nor refined": unfollowed,
    "network alone, followed, refined": refined(network_alone),
    "network alone, one look": refined(lambda rgb: network_alone(rgb, looks=[(128, False)])),
    "network alone, six looks": refined(lambda rgb: network_alone(rgb, looks=SIX_LOOKS)),
    "network alone, neither followed nor refined": builtin_network.predict,
    "network + ramp, followed, refined": refined(lambda rgb: beside_ramp(rgb, builtin.CUES)),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(__file__).resolve().parents[2] / "shared"
    parser.add_argument("--shared", type=Path, default=default, help="the measuring data")
    parser.add_argument("--photographs", action="store_true", help="also the built-in estimator's row for every photograph")
    asked = parser.parse_args()
    if not (asked.shared / "score_depth.py").is_file():
        sys.exit(f"error: no score_depth.py in {asked.shared}")
    sys.path.insert(0, str(asked.shared.resolve()))
    import score_depth

    cases = [
        (name, cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB), truth)
        for name, path, truth in score_depth.cases(asked.shared)
    ]
    print(f"{'mean of ' + str(len(cases)):48s}" + "".join(f"{name:>10s}" for name in MEASURES) + f"{'cpu s':>8s}")
    for name, estimator in ESTIMATORS.items():
        began = time.process_time()
        maps = [estimator(rgb) for _, rgb, _ in cases]
        spent = (time.process_time() - began) / len(cases)
        rows = [score_depth.score(truth, found) for (_, _, truth), found in zip(cases, maps, strict=True)]
        print(line(name, score_depth.mean(rows)) + f"{spent:8.3f}", flush=True)
        if asked.photographs and name == BUILT_IN:
            for (photograph, _, _), row in zip(cases, rows, strict=True):
                print(line(f"  {photograph}", row))


def line(name: str, row: dict[str, float]) -> str:
    return f"{name:48s}" + "".join(f"{row[measure]:10.3f}" for measure in MEASURES)


if __name__ == "__main__":
    main()
