"""What is accepted as a checkpoint, and what is said about the rest."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from zoom3d.depth import checkpoint
from zoom3d.depth.families import midas
from zoom3d.depth.midas.catalogue import MODELS
from zoom3d.depth.module import DepthModule, uninitialised
from zoom3d.errors import WeightsError

State = dict[str, Tensor]
CONV = "pretrained.layer1.0.weight"


@pytest.fixture(scope="module")
def network() -> DepthModule:
    with uninitialised():
        return midas.build(MODELS["midas_v21_small_256"])


@pytest.fixture
def state(network: DepthModule) -> State:
    generator = torch.Generator().manual_seed(0)
    return {
        name: torch.zeros((), dtype=torch.int64) if name.endswith("tracked") else torch.rand(shape, generator=generator)
        for name, shape in network.checkpoint_shapes().items()
    }


@pytest.fixture
def write(tmp_path: Path) -> Callable[[object], Path]:
    def write(content: object) -> Path:
        torch.save(content, tmp_path / "net.pt")
        return tmp_path / "net.pt"

    return write


Write = Callable[[object], Path]


def test_both_official_forms_load(network: DepthModule, state: State, write: Write) -> None:
    for content in (state, {"model": state, "optimizer": {}}):
        checkpoint.load_into(network, write(content))
        assert torch.equal(network.backbone.body.conv_stem.weight, state[CONV])
        checkpoint.validate(network, write(content))


def test_the_legacy_file_format_loads(network: DepthModule, state: State, tmp_path: Path) -> None:
    torch.save(state, tmp_path / "net.pt", _use_new_zipfile_serialization=False)
    checkpoint.validate(network, tmp_path / "net.pt")
    checkpoint.load_into(network, tmp_path / "net.pt")
    assert torch.equal(network.backbone.body.conv_stem.weight, state[CONV])


def test_half_precision_weights_become_single(network: DepthModule, state: State, write: Write) -> None:
    half = {name: value.half() if value.is_floating_point() else value for name, value in state.items()}
    checkpoint.load_into(network, write(half))
    assert torch.equal(network.backbone.body.conv_stem.weight, state[CONV].half().float())


def test_counters_of_batches_may_be_missing(network: DepthModule, state: State, write: Write) -> None:
    checkpoint.load_into(network, write({name: value for name, value in state.items() if not name.endswith("tracked")}))


@pytest.mark.parametrize("form", ["plain", "wrapped"])
def test_a_missing_surplus_or_misshapen_key_is_named(network: DepthModule, state: State, write: Write, form: str) -> None:
    def refused(changed: State) -> str:
        path = write(changed if form == "plain" else {"model": changed, "optimizer": {}})
        messages = []
        for use in (checkpoint.load_into, checkpoint.validate):
            with pytest.raises(WeightsError) as caught:
                use(network, path)
            messages.append(caught.value.message)
        assert messages[0] == messages[1]
        return messages[0]

    assert f"lacks key {CONV}" in refused({name: value for name, value in state.items() if name != CONV})
    assert "unknown key scratch.extra" in refused({**state, "scratch.extra": torch.zeros(1)})
    message = refused({**state, CONV: torch.zeros(32, 3, 5, 5)})
    assert CONV in message
    assert "(32, 3, 5, 5) instead of (32, 3, 3, 3)" in message
    for kind in (torch.int8, torch.complex64):
        assert f"has key {CONV} as {kind}".replace("torch.", "") in refused({**state, CONV: state[CONV].to(kind)})


def test_sparse_weights_are_refused(network: DepthModule, state: State, write: Write) -> None:
    with pytest.raises(WeightsError):
        checkpoint.load_into(network, write({**state, CONV: state[CONV].to_sparse()}))


def test_a_model_without_an_optimizer_beside_it_is_not_unwrapped(network: DepthModule, state: State, write: Write) -> None:
    with pytest.raises(WeightsError, match="named tensors"):
        checkpoint.load_into(network, write({"model": state}))


class Evil:
    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("pwned",)


def test_code_in_a_checkpoint_is_refused_and_not_run(
    network: DepthModule, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bare.pt").write_bytes(pickle.dumps(Evil()))
    for path, message in ((write({CONV: Evil()}), "holds code"), (tmp_path / "bare.pt", "not a checkpoint")):
        for use in (checkpoint.load_into, checkpoint.validate):
            with pytest.raises(WeightsError, match=message):
                use(network, path)
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b"PK\x03\x04", b"\x80\x04.", os.urandom(1000)])
def test_a_file_that_is_no_checkpoint_is_refused(network: DepthModule, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "net.pt").write_bytes(content)
    with pytest.raises(WeightsError):
        checkpoint.load_into(network, tmp_path / "net.pt")


def test_a_truncated_checkpoint_is_refused(network: DepthModule, state: State, write: Write) -> None:
    path = write(state)
    path.write_bytes(path.read_bytes()[:-1000])
    for use in (checkpoint.load_into, checkpoint.validate):
        with pytest.raises(WeightsError, match="damaged"):
            use(network, path)


def test_a_missing_file_is_an_error_that_names_it(network: DepthModule, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"no file .*nothing\.pt"):
        checkpoint.load_into(network, tmp_path / "nothing.pt")


@pytest.mark.parametrize("content", [[1, 2], {"a": 1}, torch.zeros(3)])
def test_content_other_than_named_tensors_is_refused(network: DepthModule, write: Write, content: object) -> None:
    with pytest.raises(WeightsError, match="named tensors"):
        checkpoint.load_into(network, write(content))
