"""``zoom3d reel`` as its user meets it, and the reel as its viewer does: cuts on the beat, in sight and sound."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clip_reader import read_film, read_sound
from numpy.typing import NDArray
from PIL import Image
from rhythm import clicks, save

from zoom3d import video

Run = Callable[..., Any]
SMALL = ("--model", "builtin", "--size", "64x96", "--fps", "10")
COLOURS = ((200, 40, 40), (40, 180, 60), (50, 60, 210), (220, 210, 60), (120, 30, 140))


@pytest.fixture
def photos(scenes_made_once: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Five photographs, each of another colour, alone in a folder; the command runs in another, empty one."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    slope = np.linspace(0.8, 1.0, 96)[:, None, None]
    paths = []
    for number, colour in enumerate(COLOURS):
        path = folder / f"{number}.png"
        Image.fromarray(np.rint(np.broadcast_to(slope * colour, (96, 64, 3))).astype(np.uint8)).save(path)
        paths.append(path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return paths


def template(path: Path, text: str = "shot_beats = [2, 1]") -> Path:
    path.write_text('presets = ["zoom-in"]\n' + text + "\n")
    return path


def seen_cuts(path: Path) -> NDArray[np.float64]:
    """Seconds at which the colour of the picture jumps."""
    film = read_film(path)
    change = np.abs(np.diff(film.rgb.mean((1, 2)), axis=0)).max(1)
    return np.array([float(film.times[number + 1]) for number in np.flatnonzero(change > 25)])


def heard_clicks(path: Path) -> NDArray[np.float64]:
    """Seconds at which something begins to be heard after some silence."""
    rate, sound = read_sound(path)
    loud = np.flatnonzero(np.abs(sound[0]) > 0.2 * np.abs(sound[0]).max())
    return loud[np.diff(loud, prepend=-rate) > 0.1 * rate] / rate


@pytest.mark.parametrize(("bpm", "first_s", "fps"), [(97.3, 0.0, 24), (120, 0.37, 29.97), (174, 0.11, 23.976), (64, 0.5, 60)])
def test_cuts_lie_within_a_frame_of_the_clicks_that_are_heard(
    run: Run, photos: list[Path], tmp_path: Path, bpm: float, first_s: float, fps: float
) -> None:
    song = save(tmp_path / "song.wav", clicks(bpm, first_s, 9)[0])
    arguments = ("--audio", song, "--on-beat", "--template", template(tmp_path / "t.toml"), "--size", "32x48", "--fps", fps)
    outcome = run("reel", *photos, "-o", "r.mp4", *SMALL[:2], *arguments, "--json")
    assert outcome.code == 0, outcome.err
    made = json.loads(outcome.out)
    assert made["bpm"] == pytest.approx(bpm, rel=0.003)
    cuts, heard = seen_cuts(Path("r.mp4")), heard_clicks(Path("r.mp4"))
    assert len(cuts) == 4
    assert np.abs(cuts[:, None] - heard).min(1).max() <= 1 / fps
    assert np.abs(cuts - [shot["from_s"] for shot in made["shots"][1:]]).max() < 0.002
    assert np.rint(np.diff(cuts) * bpm / 60).tolist() == [1, 2, 1]


def test_the_reel_is_as_loud_as_the_platforms_play_it_and_fades_out(run: Run, photos: list[Path], tmp_path: Path) -> None:
    time = np.arange(8 * 22050) / 22050
    song = save(tmp_path / "song.wav", (0.05 * np.sin(2 * np.pi * 300 * time) * (1 + np.sin(9 * time))).astype(np.float32))
    assert run("reel", *photos[:3], "-o", "r.mp4", "--audio", song, "--template", "beat-cut", *SMALL).code == 0
    level = video.measure_loudness(Path("r.mp4"))
    assert level.loudness_lufs == pytest.approx(-14, abs=1)
    assert level.peak_db <= -1
    rate, sound = read_sound(Path("r.mp4"))
    info = video.probe(Path("r.mp4"))
    assert (info.audio_codec, info.audio_rate_hz) == ("aac", 48000)
    assert sound.shape[1] / rate == pytest.approx(info.duration_s, abs=0.025)
    assert np.abs(sound[:, -rate // 50 :]).max() < 0.05 * np.abs(sound).max()


def test_the_photographs_come_in_the_order_in_which_they_are_named(run: Run, photos: list[Path], tmp_path: Path) -> None:
    order = [photos[2], photos[0], photos[2]]
    outcome = run("reel", *order, "--template", template(tmp_path / "t.toml", "shot_s = [0.5]"), "--json", *SMALL)
    assert outcome.code == 0, outcome.err
    made = json.loads(outcome.out)
    assert [shot["photo"] for shot in made["shots"]] == [str(path) for path in order]
    film = read_film(Path("reel.mp4"))
    assert len(film.rgb) == made["frames"] == 15
    shown = [film.rgb[frame].mean((0, 1)) for frame in (2, 7, 12)]
    for mean, colour in zip(shown, (COLOURS[2], COLOURS[0], COLOURS[2]), strict=True):
        assert np.abs(mean - 0.9 * np.array(colour)).max() < 12


def test_a_folder_is_all_that_lies_in_it(run: Run, photos: list[Path]) -> None:
    outcome = run("reel", photos[0].parent, "--template", "beat-cut", "--json", *SMALL)
    assert outcome.code == 0, outcome.err
    made = json.loads(outcome.out)
    assert [shot["photo"] for shot in made["shots"]] == [str(path) for path in photos]


def test_moves_transitions_and_words_can_be_asked_for(run: Run, photos: list[Path]) -> None:
    asked = ("--preset", "swing, zoom-out", "--transition", "flash,cut", "--title", "Hello", "--end", "Bye")
    made = json.loads(run("reel", *photos[:3], "--json", *asked, *SMALL).out)
    assert [shot["words"] for shot in made["shots"]] == ["Hello", "", "", "", "Bye"]
    assert [shot["preset"] for shot in made["shots"]][1:4] == ["swing", "zoom-out", "swing"]
    assert [shot["transition"] for shot in made["shots"]][2:4] == ["flash", "cut"]


def test_one_photograph_makes_a_reel(run: Run, photos: list[Path]) -> None:
    outcome = run("reel", photos[0], "--duration", "1.5", *SMALL)
    assert outcome.code == 0, outcome.err
    assert outcome.out.startswith("reel.mp4: 1 shot, 15 frames, 64x96, 10 fps, 1.5 s\n")


def test_a_song_that_is_too_short_is_repeated_and_that_is_said(run: Run, photos: list[Path], tmp_path: Path) -> None:
    song = save(tmp_path / "song.wav", clicks(120, 0.2, 3)[0])
    outcome = run("reel", *photos, "--audio", song, "--on-beat", "--duration", "6", "--json", "--transition", "cut", *SMALL)
    assert outcome.code == 0, outcome.err
    assert any("song.wav lasts 3.0 s and is repeated" in warning for warning in json.loads(outcome.out)["warnings"])


MISTAKES = {
    "no photographs": (["{folder}/empty"], "no photographs in"),
    "missing photograph": (["{photo}", "{folder}/none.jpg"], "none.jpg"),
    "broken photograph": (["{photo}", "{folder}/broken.jpg", "{photo}"], "broken.jpg"),
    "two broken photographs": (["{folder}/broken.jpg", "{folder}/empty.jpg"], "empty.jpg"),
    "unknown template": (["{photo}", "--template", "travle"], "'travle'"),
    "missing template": (["{photo}", "--template", "none.toml"], "none.toml"),
    "unknown preset": (["{photo}", "--preset", "zoom-in,zom-out"], "'zom-out'"),
    "unknown transition": (["{photo}", "--transition", "flush"], "'flush'"),
    "beat without a song": (["{photo}", "--on-beat"], "no song"),
    "missing song": (["{photo}", "--audio", "none.mp3"], "none.mp3"),
    "broken song": (["{photo}", "--audio", "{folder}/broken.jpg", "--on-beat"], "broken.jpg"),
    "silence": (["{photo}", "--audio", "{folder}/silence.wav", "--on-beat"], "no beat was found in silence.wav"),
    "odd number of pairs": (["{photo}", "--template", "before-after"], "groups of 2, and 1 were given"),
    "too many for the time": (["{photo}"] * 9 + ["--duration", "0.5"], "two frames"),
    "too many for the beats": (
        ["{photo}"] * 9 + ["--duration", "3", "--audio", "{folder}/song.wav", "--on-beat"],
        "9 shots need as many beats",
    ),
    "too long": (["{photo}", "--duration", "601"], "601"),
    "sound in a silent format": (["{photo}", "-o", "r.gif", "--audio", "{folder}/song.wav"], "sound"),
    "words that the font has not": (["{photo}", "--title", "\U00013000"], "U+13000"),
    "missing font": (["{photo}", "--end", "Bye", "--title-font", "none.ttf"], "none.ttf"),
    "odd size": (["{photo}", "--size", "65x96"], "65x96"),
    "onto a photograph": (["{photo}", "-o", "{photo}"], "is what the clip is made from"),
    "onto its folder": (["{photo}", "-o", "{folder}.png"], "which the clip is made from"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_error_one_hint_and_leaves_nothing(run: Run, photos: list[Path], mistake: str) -> None:
    folder = photos[0].parent
    (folder / "empty").mkdir()
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture" * 20)
    (folder / "empty.jpg").touch()
    save(folder / "silence.wav", np.zeros(22050 * 4, np.float32))
    save(folder / "song.wav", clicks(100, 0.0, 6)[0])
    before = sorted(folder.iterdir())
    arguments, named = MISTAKES[mistake]
    given = [argument.format(folder=folder, photo=photos[0]) for argument in arguments]
    small = [part for name, value in zip(SMALL[::2], SMALL[1::2], strict=True) if name not in given for part in (name, value)]
    outcome = run("reel", *given, *small)
    error, hint = outcome.failure
    assert (outcome.code, outcome.out) == (1, "")
    assert named in error
    assert hint
    assert sorted(folder.iterdir()) == before
    assert list(Path.cwd().iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["{photo}", "--size", "big"],
        ["{photo}", "--preset", "a,,b"],
        ["{photo}", "--fit", "x"],
        ["{photo}", "--title-font", "f.ttf"],
    ],
)
def test_what_cannot_be_parsed_is_a_usage_error(run: Run, photos: list[Path], arguments: list[str]) -> None:
    assert run("reel", *(argument.format(photo=photos[0]) for argument in arguments)).code == 2


def test_a_reel_that_fails_leaves_the_older_one(run: Run, photos: list[Path]) -> None:
    Path("reel.mp4").write_bytes(b"an older reel")
    photos[3].write_bytes(photos[3].read_bytes()[:60])
    error, _ = run("reel", *photos, *SMALL).failure
    assert "3.png" in error
    assert Path("reel.mp4").read_bytes() == b"an older reel"


def test_templates_are_listed_and_shown(run: Run, photos: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    listed = run("templates").out
    assert [line.split()[0] for line in listed.splitlines()][:2] == ["beat-cut", "before-after"]
    shown = run("templates", "show", "travel").out
    Path("mine.toml").write_text(shown)
    assert run("reel", photos[0], "--template", "mine.toml", *SMALL).code == 0
    monkeypatch.setenv("ZOOM3D_TEMPLATES", str(Path.cwd()))
    assert run("templates").out.splitlines()[-1].endswith(f"[{Path.cwd() / 'mine.toml'}]")
    told = json.loads(run("templates", "list", "--json").out)["templates"]
    assert [one["name"] for one in told if one["own"]] == ["mine"]
