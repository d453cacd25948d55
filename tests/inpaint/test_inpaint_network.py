"""The networks of the CVPR 2020 paper: the authors' files load, and answer as theirs do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from planted import Scene

from zoom3d import weights
from zoom3d.errors import WeightsError
from zoom3d.inpaint import _networks, network


@pytest.fixture(scope="session")
def recipe(script: Callable[[str], ModuleType]) -> ModuleType:
    return script("inpaint-nets/pseudo_nets.py")


def leading_pair(matrix: np.ndarray, full_matrices: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The first singular value and its vectors, from the small Gram matrix: 20 times as fast as numpy.linalg.svd."""
    assert not full_matrices
    values, vectors = np.linalg.eigh(matrix @ matrix.T)
    largest = np.sqrt(values[-1:])
    return vectors[:, -1:], largest, (vectors[:, -1:].T @ matrix) / largest


@pytest.fixture(scope="session", params=["edge", "depth", "color"])
def made(request: pytest.FixtureRequest, shared: Path, recipe: ModuleType, tmp_path_factory: pytest.TempPathFactory):
    """A kind and the file of its pseudo-weights."""
    manifest = json.loads((shared / "inpaint-nets" / "manifests" / f"{request.param}.json").read_text())
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(np.linalg, "svd", leading_pair)
        state = recipe.pseudo_state_dict(manifest)
    path = tmp_path_factory.mktemp("networks") / f"{request.param}-model.pth"
    torch.save({key: torch.from_numpy(np.array(value)) for key, value in state.items()}, path)
    return request.param, path


def test_answers_are_the_authors(made: tuple[network.Kind, Path], recipe: ModuleType, shared: Path) -> None:
    kind, path = made
    answer = network.load(kind, path)(torch.from_numpy(recipe.inputs(kind))).numpy()
    expected = shared / "inpaint-nets" / "expected" / f"{kind}.npz"
    if not expected.exists():
        assert answer.shape == (1, 3, 176, 200)
        assert np.ptp(answer) > 0.5
        return
    with np.load(expected) as stored:
        wanted = stored["output"]
    assert answer.shape == wanted.shape
    assert np.abs(answer - wanted).max() <= 1e-4 * np.ptp(wanted)


def test_a_network_is_ready_for_use(made: tuple[network.Kind, Path]) -> None:
    loaded = network.load(*made)
    assert not loaded.training
    assert not any(parameter.requires_grad for parameter in loaded.parameters())


def small(kind: str) -> dict[str, torch.Tensor]:
    return {key: torch.zeros_like(value) for key, value in _networks.build(kind).state_dict().items()}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda state: state.pop("decoder_2.1.bias"), "1 missing (decoder_2.1.bias)"),
        (lambda state: state.update(extra=torch.zeros(1)), "1 surplus (extra)"),
        (lambda state: state.update({"decoder_2.1.bias": torch.zeros(2)}), "decoder_2.1.bias (2,) instead of (1,)"),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_named(change, named: str, tmp_path: Path) -> None:
    state = small("edge")
    change(state)
    torch.save(state, tmp_path / "edge.pth")
    with pytest.raises(WeightsError) as caught:
        network.load("edge", tmp_path / "edge.pth")
    assert named in caught.value.message


class Trap:
    def __reduce__(self):
        return (Path.touch, (Path("trap-was-sprung"),))


@pytest.mark.parametrize("damage", ["absent", "empty", "text", "program", "list"])
def test_a_file_that_is_no_checkpoint_is_refused(damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "edge.pth"
    if damage == "empty":
        path.touch()
    elif damage == "text":
        path.write_text("<html>not found</html>")
    elif damage == "program":
        torch.save({"a": Trap()}, path)
    elif damage == "list":
        torch.save([torch.zeros(1)], path)
    with pytest.raises(WeightsError) as caught:
        network.load("edge", path)
    assert "\n" not in caught.value.message
    assert not (tmp_path / "trap-was-sprung").exists()


def test_what_the_networks_say_is_pasted_in_the_hole_alone(meadow_scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def color(stacked: torch.Tensor) -> torch.Tensor:
        seen.append(stacked)
        return torch.full((1, 3, *stacked.shape[2:]), 0.5)

    def edge(stacked: torch.Tensor) -> torch.Tensor:
        return torch.zeros((1, 1, *stacked.shape[2:]))

    monkeypatch.setattr(network, "_fetched", {"edge": edge, "color": color}.__getitem__)
    s = meadow_scene
    painted = network.fill(s.rgb, s.hole, s.source, s.disparity)
    assert np.array_equal(painted[~s.hole], s.rgb[~s.hole])
    assert (painted[s.hole] == 128).all()
    for stacked in seen:
        rgb, context, mask = stacked[0, :3], stacked[0, 4], stacked[0, 5]
        assert not (context * mask).any()
        assert not (rgb * (1 - context)).any()
        assert not ((rgb[0] > 0.8) & (rgb[1] < 0.2)).any()  # magenta


def test_networks_stay_loaded_until_their_files_are_others() -> None:
    weights.folder().mkdir(parents=True)
    for kind in ("edge", "color"):
        torch.save(small(kind), network.FILES[kind].path)
    loaded = [network._fetched(kind) for kind in ("edge", "color", "edge", "color")]
    assert loaded[:2] == loaded[2:]
    network.FILES["edge"].path.with_suffix(".pth.sha256").unlink()
    torch.save({**small("edge"), "decoder_2.1.bias": torch.ones(1)}, network.FILES["edge"].path)
    assert network._fetched("edge").state_dict()["decoder_2.1.bias"] == 1


def test_weights_of_another_network_are_refused_where_they_are_kept(meadow_scene: Scene) -> None:
    s = meadow_scene
    weights.folder().mkdir(parents=True)
    torch.save(small("color"), network.FILES["edge"].path)
    with pytest.raises(WeightsError, match="the edge network"):
        network.fill(s.rgb, s.hole, s.source, s.disparity)
