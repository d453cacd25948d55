"""The whole way: what comes out is a right file, the same every time, whatever the photograph."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
from clip_reader import Film, read_film
from numpy.typing import NDArray
from PIL import Image

import zoom3d
from zoom3d import cache, camera, depth, inpaint, pipeline, render, scene, video
from zoom3d.camera import presets
from zoom3d.depth import DepthSource, builtin
from zoom3d.errors import DepthError, OutputError
from zoom3d.photo import load
from zoom3d.pipeline import Settings
from zoom3d.title import TitleWish
from zoom3d.types import DepthMap, EffectWish, OutputSpec, Photo

BT709_LIMITED = (1, 1, 1, 1)
UPRIGHT, WIDE = (108, 192), (192, 108)
FRAMES = 6
PHOTOS = Path(__file__).resolve().parents[2] / "shared" / "photos"
PICTURES = sorted(path.name for path in PHOTOS.glob("*.*") if path.suffix != ".md" and "depth" not in path.name)
FEW = {"chelsea.png", "lighthouse.jpg", "spiral_stairs.webp"}  # wide, upright, transparent in places

Uint8 = NDArray[np.uint8]


def small(**asked: object) -> Settings:
    """A clip of six frames that is quickly made."""
    return Settings(**{"size": WIDE, "fps": 2.0, "duration_s": 3.0, "model": "builtin", **asked})  # type: ignore[arg-type]


def check(clip: pipeline.Clip, size: tuple[int, int] = WIDE, frames: int = FRAMES, fps: float = 2) -> Film:
    """Hold a film to what was asked for and to what the clip says of itself."""
    film = read_film(clip.path)
    assert film.rgb.shape == (frames, size[1], size[0], 3)
    assert (clip.frames, clip.width, clip.height, clip.fps) == (frames, *size, fps)
    assert film.times == [number / film.rate for number in range(frames)]
    assert (film.rate, film.tags, film.pixel_format) == (fps, BT709_LIMITED, "yuv420p")
    assert clip.coverage_min == pytest.approx(1, abs=1e-6)
    return film


def numbered(folder: Path) -> list[bytes]:
    """The frames of a sequence of pictures, as their files' bytes."""
    return [path.read_bytes() for path in sorted(folder.iterdir())]


@pytest.mark.parametrize(
    ("asked", "error", "named"),
    [
        ({"size": (64,)}, OutputError, r"\(64,\)"),
        ({"size": "64x48"}, OutputError, "'64x48'"),
        ({"size": (64.5, 48)}, OutputError, "64.5"),
        ({"title": "LISBON"}, TypeError, "TitleWish, not 'LISBON'"),
        ({"effects": None}, TypeError, "EffectWish, not None"),
        ({"effects": EffectWish(shutter=1.5)}, OutputError, "shutter angle 540"),
        ({"audio": "song.mp3"}, TypeError, "Path, not 'song.mp3'"),
        ({"depth": "depth.png"}, TypeError, "Path, not 'depth.png'"),
        ({"weights": "net.pt"}, TypeError, "Path, not 'net.pt'"),
        ({"focus": (0.5, 0.3)}, TypeError, r"str, not \(0\.5, 0\.3\)"),
        ({"focus": None}, TypeError, "str, not None"),
        ({"duration_s": 2.0, "changes": ("duration_s=3",)}, OutputError, "contradicts --duration"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused_at_once(asked: dict[str, object], error: type, named: str) -> None:
    with pytest.raises(error, match=named):
        small(**asked)


def test_what_does_not_belong_together_is_refused_by_the_stage_that_gets_it() -> None:
    picture = Photo(np.zeros((32, 48, 3), np.uint8), 40.0)
    with pytest.raises(ValueError, match="finite"):
        Photo(picture.rgb, float("inf"))
    with pytest.raises(ValueError, match=r"depth map of \(8, 8\)"):
        scene.build(picture, DepthMap(np.zeros((8, 8), np.float32), "test"), inpaint.load("telea"))
    made = scene.build(picture, DepthMap(np.zeros((32, 48), np.float32), "test"), inpaint.load("telea"))
    with pytest.raises(ValueError, match="strength nan"):
        camera.plan(presets.load("arc"), made, OutputSpec(48, 32), strength=float("nan"))


def test_an_unknown_fit_or_device_is_refused_and_not_taken_for_another() -> None:
    with pytest.raises(OutputError, match="'stretch'"):
        OutputSpec(64, 48, fit="stretch")  # type: ignore[arg-type]
    with pytest.raises(DepthError, match="'tpu'"):
        DepthSource(model="builtin", device="tpu")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A ball before a slope, (144, 216)."""
    y, x = np.mgrid[0:144, 0:216]
    rgb = np.dstack([40 + x / 2, 60 + y, 200 - x / 2 + 20 * ((x // 12 + y // 12) % 2)])
    rgb[np.hypot(x - 110, y - 70) < 35] = (230, 90, 40)
    path = tmp_path / "photo.png"
    Image.fromarray(rgb.astype(np.uint8)).save(path)
    return path


@pytest.mark.parametrize("name", [name if name in FEW else pytest.param(name, marks=pytest.mark.slow) for name in PICTURES])
def test_every_photograph_with_many_presets_makes_a_right_file(name: str, shared: Path, tmp_path: Path) -> None:
    path = shared / "photos" / name
    with Image.open(path) as picture:
        size = WIDE if picture.width > picture.height else UPRIGHT
    shown = []
    for preset in presets.names()[::4]:
        film = check(
            zoom3d.animate(path, tmp_path / f"{preset}.mp4", preset, settings=small(size=size, fps=3.0, duration_s=2.0)),
            size,
            fps=3,
        )
        assert film.rgb.std(axis=(1, 2)).min() > 4, "a frame shows nothing"
        assert np.abs(np.diff(film.rgb, axis=0)).mean() > 0.1, "nothing moves"
        shown.append(film.rgb[FRAMES // 2])
    assert min(np.abs(one - other).mean() for one, other in itertools.pairwise(shown)) > 0.1, "two moves are one"


@pytest.mark.usefixtures("scenes_made_once")
@pytest.mark.parametrize("preset", presets.names()[::6])
def test_a_flat_colour_survives_to_the_decoded_clip(preset: str, tmp_path: Path) -> None:
    Image.new("RGB", (120, 90), (200, 40, 40)).save(tmp_path / "red.png")
    film = check(zoom3d.animate(tmp_path / "red.png", tmp_path / "red.mp4", preset, settings=small()))
    assert np.abs(film.rgb - (200, 40, 40)).max() <= 2


def test_the_same_input_gives_the_same_bytes_with_and_without_a_cache_and_in_another_process(
    photo: Path, tmp_path: Path, cache_folder: Path
) -> None:
    runs = {"fresh": small(), "warm": small(), "none": small(use_cache=False)}
    for name in (*runs, "other"):
        (tmp_path / name).mkdir()
    for name, settings in runs.items():
        assert any(cache_folder.iterdir()) == (name != "fresh")
        zoom3d.animate(photo, tmp_path / name / "clip.png", settings=settings)
        zoom3d.animate(photo, tmp_path / f"{name}.mp4", settings=settings)
    command = [sys.executable, "-m", "zoom3d", "render", str(photo), "-o", str(tmp_path / "other" / "clip.png"), "--no-cache"]
    asked = ["--size", "192x108", "--fps", "2", "--duration", "3", "--model", "builtin"]
    subprocess.run([*command, *asked], check=True, capture_output=True, env={**os.environ, "PYTHONHASHSEED": "7"})
    first, *others = (numbered(next((tmp_path / name).rglob("*.png")).parent) for name in (*runs, "other"))
    assert len(first) == FRAMES
    assert all(other == first for other in others)
    assert len({(tmp_path / f"{name}.mp4").read_bytes() for name in runs}) == 1


def test_the_second_preset_neither_estimates_depth_nor_makes_layers(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "code_version", lambda *rooms: "as it was when the test began")
    made = count_calls(monkeypatch, (builtin, "estimate"), (scene, "build"))
    for number, preset in enumerate(presets.names()[::5]):
        zoom3d.animate(photo, tmp_path / f"{number}.mp4", preset, settings=small(duration_s=0.5))
    assert made == ["estimate", "build"]
    zoom3d.animate(photo, tmp_path / "again.mp4", settings=small(duration_s=0.5, inpaint="telea"))
    assert made == ["estimate", "build", "build"]
    zoom3d.animate(photo, tmp_path / "again.mp4", settings=small(duration_s=0.5, use_cache=False))
    assert made == ["estimate", "build", "build", "estimate", "build"]


def count_calls(monkeypatch: pytest.MonkeyPatch, *functions: tuple[object, str]) -> list[str]:
    """The names of those functions in the order in which they are called from now on."""
    called: list[str] = []

    def watch(name: str, original: Callable[..., object]) -> Callable[..., object]:
        return lambda *given, **named: (called.append(name), original(*given, **named))[1]

    for home, name in functions:
        monkeypatch.setattr(home, name, watch(name, getattr(home, name)))
    return called


def test_the_library_is_one_line(photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    stages: list[str] = []
    clip = zoom3d.animate(
        "photo.png",
        "clip.mp4",
        preset="3d-zoom",
        settings=zoom3d.Settings(size=WIDE, fps=2, offline=True),
        progress=lambda stage, done, total: stages.append(stage),
    )
    check(clip)
    assert clip.path == tmp_path / "clip.mp4"
    assert clip.depth_source == "builtin"
    assert list(dict.fromkeys(stages)) == ["photo", "depth", "layers", "camera", "video"] == list(clip.seconds)
    assert {path.name for path in tmp_path.iterdir()} == {"photo.png", "clip.mp4"}


def test_the_library_spares_what_a_clip_is_made_from(tmp_path: Path) -> None:
    source = tmp_path / "loop.gif"
    Image.new("RGB", (32, 32)).save(source)
    before = source.read_bytes()
    with pytest.raises(OutputError, match="is what the clip is made from"):
        zoom3d.animate(source, source)
    assert source.read_bytes() == before


def test_the_library_lists_what_it_has_to_give() -> None:
    assert dir(zoom3d) == sorted(zoom3d.__all__)


@pytest.mark.parametrize("asked", [{"font": "a.ttf"}, {"place": (0.5, 0.5)}, {"colour": (1, 2, 3)}, {"text": 5}])
def test_a_title_of_other_types_is_refused_by_name(asked: dict[str, object]) -> None:
    with pytest.raises(TypeError, match=f"a title's {next(iter(asked))} must be"):
        TitleWish(**{"text": "A", **asked})  # type: ignore[arg-type]


def test_the_stages_can_be_taken_one_by_one(photo: Path, tmp_path: Path) -> None:
    picture = load(photo)
    depth_map = depth.estimate(picture, DepthSource(model="builtin"))
    layered = scene.build(picture, depth_map, inpaint.load("telea"))
    assert layered.photo_size == (picture.width, picture.height) == depth_map.disparity.shape[::-1] == (216, 144)
    output, target = OutputSpec(*WIDE, fps=2), tmp_path / "clip.mp4"
    path = camera.plan(presets.load("circle"), layered, output)
    encoding = video.plan(target, output)
    with render.open_context() as context, render.Renderer(context, layered) as renderer:
        assert video.write(renderer.frames(path, output, encoding.layout), encoding, target) == FRAMES
    assert len(read_film(target).times) == FRAMES


DEPTH_FILES: dict[str, Callable[[Path, Uint8], object]] = {
    "depth8.png": lambda path, grey: Image.fromarray(grey).save(path),
    "depth16.png": lambda path, grey: Image.fromarray(grey.astype(np.uint16) * 257).save(path),
    "depth8.tif": lambda path, grey: Image.fromarray(grey).save(path),
    "depth16.tif": lambda path, grey: Image.fromarray(grey.astype(np.uint16) * 257).save(path),
    "depth32.tif": lambda path, grey: Image.fromarray(grey.astype(np.float32) / 255).save(path),
    "depth.exr": lambda path, grey: OpenEXR.File({}, {"Z": grey.astype(np.float32) * 4}).write(str(path)),
    "depth.npy": lambda path, grey: np.save(path, grey.astype(np.float64) / 51),
}


def test_a_depth_map_gives_the_same_frames_from_every_format_and_turned_round(photo: Path, tmp_path: Path) -> None:
    y, x = np.mgrid[0:144, 0:216]
    grey = np.where(np.hypot(x - 110, y - 70) < 35, 255, y // 2).astype(np.uint8)
    frames = {}
    for name, write in DEPTH_FILES.items():
        write(tmp_path / name, grey)
        clip = zoom3d.animate(photo, tmp_path / f"{name}.mp4", settings=small(depth=tmp_path / name))
        assert clip.depth_source == f"file {name}"
        frames[name] = check(clip).rgb
    Image.fromarray(255 - grey).save(tmp_path / "turned.png")
    turned = small(depth=tmp_path / "turned.png", depth_near_dark=True)
    frames["turned"] = check(zoom3d.animate(photo, tmp_path / "turned.mp4", settings=turned)).rgb
    for name, found in frames.items():
        assert np.abs(found - frames["depth8.png"]).mean() < 0.05, name
    far = check(zoom3d.animate(photo, tmp_path / "far.mp4", settings=small(depth=tmp_path / "turned.png"))).rgb
    assert np.abs(far - frames["depth8.png"]).mean() > 1


SHAPES = [(601, 451), (17, 16), (33, 250), (1200, 60), (60, 1200)]
CONTENTS = [*(("waves", *shape) for shape in SHAPES), ("white", 601, 451), ("white", 60, 1200), ("noise", 160, 120)]


@pytest.mark.parametrize(("content", "width", "height"), CONTENTS)
def test_any_photograph_makes_a_right_file(content: str, width: int, height: int, tmp_path: Path) -> None:
    y, x = np.mgrid[0:height, 0:width]
    rgb = {
        "noise": np.random.default_rng(4).integers(0, 256, (height, width, 3)),
        "white": np.full((height, width, 3), 255),
        "waves": 127 + 100 * np.dstack([np.sin(2 * x), np.sin(2 * y), np.sin(2 * x + 2 * y)]),  # short: crops have its mean
    }[content].astype(np.uint8)
    Image.fromarray(rgb).save(tmp_path / "photo.png")
    film = check(zoom3d.animate(tmp_path / "photo.png", tmp_path / "clip.mp4", settings=small()))
    if content == "white":
        assert film.rgb.min() > 253
    else:
        assert np.abs(linear(film.rgb).mean((0, 1, 2)) - linear(rgb).mean((0, 1))).max() < 0.1


def linear(rgb: NDArray[np.generic]) -> NDArray[np.float64]:
    """The light of sRGB codes in [0, 255], near enough: what filtering keeps the mean of."""
    return (rgb.astype(np.float64) / 255) ** 2.2


@pytest.mark.usefixtures("scenes_made_once")
@pytest.mark.parametrize("fit", ["cover", "contain", "blur"])
@pytest.mark.parametrize("size", [UPRIGHT, WIDE, (64, 64)])
def test_every_fit_fills_the_frame_that_was_asked_for(fit: str, size: tuple[int, int], photo: Path, tmp_path: Path) -> None:
    check(zoom3d.animate(photo, tmp_path / "clip.mp4", settings=small(size=size, fit=fit)), size)


@pytest.mark.parametrize(
    ("size", "photo", "side_px"),
    [
        (None, (3000, 4000), 1440),
        ((1080, 1920), (3000, 4000), 1440),  # the same clip, whether its size is said or not
        ((720, 1280), (3000, 4000), 960),
        ((720, 1280), (4000, 3000), 1280),
        (None, (4000, 3000), 1440),
        (None, (2000, 2000), 1920),
        ((1080, 1920), (2160, 3840), 1080),
    ],
)
def test_a_photograph_is_of_use_until_it_covers_the_frame(
    size: tuple[int, int] | None, photo: tuple[int, int], side_px: int
) -> None:
    assert Settings(size=size).usable_side_px(*photo) == side_px
