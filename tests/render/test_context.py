"""Which graphics device draws, and what is said where it cannot."""

from __future__ import annotations

import os
import warnings
from typing import Any

import moderngl
import pytest
from analytic import flat_scene, still, texture

from zoom3d import render
from zoom3d.errors import RenderError
from zoom3d.types import OutputSpec


def test_the_first_device_is_the_default() -> None:
    with render.open_context() as context:
        name = render.describe(context)
    assert render.devices()[0] == name
    with render.open_context(0) as context:
        assert render.describe(context) == name


@pytest.mark.parametrize("gpu", [-1, 99])
def test_a_device_that_is_not_there_is_an_error_that_names_those_that_are(gpu: int) -> None:
    with pytest.raises(RenderError) as caught, render.open_context(gpu):
        pass
    assert f"graphics device {gpu} cannot be used; the devices here: 0: {render.devices()[0]}" in caught.value.message
    assert "--gpu" in caught.value.hint


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are never forked here")
def test_a_forked_process_is_told_that_it_cannot_draw_instead_of_waiting_for_ever() -> None:
    with render.open_context():
        pass
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that forking may deadlock is the matter
        child = os.fork()
    if child == 0:
        try:
            with render.open_context():
                os._exit(1)
        except RenderError as error:
            os._exit(0 if "spawn" in error.hint else 2)
        finally:
            os._exit(3)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


class Machine:
    """Two devices, of which the second has no OpenGL."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.real, self.asked = moderngl.create_context, []  # type: ignore[var-annotated]
        monkeypatch.setattr(moderngl, "create_context", self.create)

    def create(self, **options: Any) -> moderngl.Context:
        number = options.get("device_index")
        self.asked.append(number)
        if number == 1:
            raise ValueError("eglInitialize failed (0x3001)")
        if number is not None and number > 1:
            raise ValueError(f"requested device index {number}, but found 2 devices")
        return self.real(**{**options, "device_index": 0})


def test_a_device_without_opengl_is_listed_as_such_and_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch)
    first, second = render.devices()
    assert "OpenGL" in first
    assert second == ""
    with pytest.raises(RenderError, match=r"graphics device 1 cannot be used; the devices here: 0: .*; 1: no OpenGL 3.3"):
        render.open_context(1).__enter__()
    machine.asked.clear()
    with render.open_context(0):
        assert machine.asked == [0]


def test_a_choice_that_would_not_be_obeyed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLCONTEXT_DEVICE_INDEX", "0")
    assert render.devices() == []
    with pytest.raises(RenderError, match="GLCONTEXT_DEVICE_INDEX decides"):
        render.open_context(0).__enter__()
    monkeypatch.delenv("GLCONTEXT_DEVICE_INDEX")
    monkeypatch.setattr("sys.platform", "darwin")
    with pytest.raises(RenderError, match="this system decides"):
        render.open_context(0).__enter__()


def test_what_is_larger_than_the_renderer_takes_is_refused_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    made = flat_scene(texture(40, 60, 0))
    limits = {"GL_MAX_TEXTURE_SIZE": 50, "GL_MAX_RENDERBUFFER_SIZE": 4096, "GL_MAX_VIEWPORT_DIMS": (4096, 4096)}
    with render.open_context() as context:
        monkeypatch.setattr(context, "_info", {**context.info, **limits}, raising=False)
        with pytest.raises(RenderError, match=r"a layer of 60x40 pixels is larger .* \(50x50\)"):
            render.Renderer(context, made)
        limits |= {"GL_MAX_TEXTURE_SIZE": 4096, "GL_MAX_VIEWPORT_DIMS": (4096, 70)}
        monkeypatch.setattr(context, "_info", {**context.info, **limits}, raising=False)
        with render.Renderer(context, made) as renderer:
            with pytest.raises(RenderError, match=r"a frame of 60x80 pixels is larger .* \(4096x70\)") as caught:
                next(renderer.frames(still(made), OutputSpec(60, 80)))
            assert "--size" in caught.value.hint
            assert len(list(renderer.frames(still(made), OutputSpec(60, 40)))) == 1


def test_a_frame_that_there_is_no_memory_for_is_refused_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    made = flat_scene(texture(40, 60, 0))

    def full(*_: object) -> None:
        raise moderngl.Error("the framebuffer is not complete")

    with render.open_context() as context, render.Renderer(context, made) as renderer:
        monkeypatch.setattr(context, "framebuffer", full)
        with pytest.raises(RenderError, match=r"no room for frames of 60x40 pixels") as caught:
            next(renderer.frames(still(made), OutputSpec(60, 40)))
        monkeypatch.undo()
        assert "--size" in caught.value.hint
        assert len(list(renderer.frames(still(made), OutputSpec(60, 40)))) == 1
