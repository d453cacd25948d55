"""The built-in network: the same in numpy as where it was trained, and light."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np

from zoom3d import assets
from zoom3d.depth import builtin_network


def test_numpy_gives_what_the_trained_network_gives() -> None:
    import torch

    from training.export import folded
    from training.network import Network

    torch.manual_seed(3)
    network = Network().eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2)
    rgb = np.random.default_rng(1).random((64, 96, 3), np.float32)
    with torch.no_grad():
        expected = network(torch.from_numpy(rgb).permute(2, 0, 1)[None])[0].clamp(min=0).numpy() ** 2
    np.testing.assert_allclose(builtin_network.forward(folded(network), rgb), expected, atol=1e-5)


def test_its_file_is_small_and_holds_numbers() -> None:
    assert (assets.folder("data") / builtin_network.FILE).stat().st_size <= 8e6
    weights = builtin_network.load()
    assert sum(array.size for array in weights.values()) > 1e6
    assert all(np.isfinite(array).all() for array in weights.values())


def test_a_look_at_the_mirror_image_is_turned_back() -> None:
    rgb = np.random.default_rng(2).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    there = builtin_network.predict(rgb, [(128, True)])
    back = builtin_network.predict(np.ascontiguousarray(rgb[:, ::-1]), [(128, False)])
    np.testing.assert_allclose(there, back[:, ::-1], atol=1e-6)


def test_rounding_in_the_photograph_hardly_moves_the_map() -> None:
    """Decoders differ by a step of 8 bits here and there; no machine may give another picture for that."""
    random = np.random.default_rng(4)
    rgb = np.clip(np.cumsum(random.normal(0, 3, (90, 130, 3)), axis=1) + 128, 1, 254).astype(np.uint8)
    nudged = (rgb + random.integers(-1, 2, rgb.shape)).astype(np.uint8)
    assert np.abs(builtin_network.predict(rgb) - builtin_network.predict(nudged)).mean() < 0.02


def test_the_number_of_threads_does_not_show() -> None:
    code = "import hashlib, numpy as np; from zoom3d.depth.builtin_network import predict; "
    code += "rgb = np.random.default_rng(5).integers(0, 256, (90, 130, 3), dtype=np.uint8); "
    code += "print(hashlib.sha256(predict(rgb).tobytes()).hexdigest())"
    seen = set()
    for threads in ("1", "2", "3"):
        environment = os.environ | {"OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
        run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        seen.add(run.stdout)
    assert len(seen) == 1
