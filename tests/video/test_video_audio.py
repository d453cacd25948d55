"""Sound: as long as the clip to the sample, whatever the file's own length, and gone at the end."""

from __future__ import annotations

import struct
import wave
from pathlib import Path

import av
import numpy as np
import pytest
from clip_reader import read_film, read_sound, spec, write_gradients

from zoom3d import video
from zoom3d.errors import OutputError

AAC_FRAME = 1024


def tone(path: Path, duration_s: float, *, rate: int = 48000, channels: int = 1) -> Path:
    """A 440 Hz sine at half of full scale."""
    samples = np.sin(2 * np.pi * 440 * np.arange(round(duration_s * rate)) / rate) * 16384
    with wave.open(str(path), "wb") as stream:
        stream.setnchannels(channels)
        stream.setsampwidth(2)
        stream.setframerate(rate)
        stream.writeframes(samples.astype("<i2").repeat(channels).tobytes())
    return path


def loudness(sound: np.ndarray, start: float, end: float) -> float:
    """Root mean square of a part of the clip given as fractions of it."""
    count = sound.shape[1]
    return float(np.sqrt((sound[:, round(start * count) : round(end * count)] ** 2).mean()))


@pytest.mark.parametrize("suffix", ["mp4", "mov", "webm"])
@pytest.mark.parametrize("file_s", [0.3, 2.0, 7.0])
def test_sound_is_as_long_as_the_clip_and_fades_out(suffix: str, file_s: float, tmp_path: Path) -> None:
    song = tone(tmp_path / "song.wav", file_s)
    write_gradients(tmp_path / f"clip.{suffix}", spec(frames=50), audio=song)
    rate, sound = read_sound(tmp_path / f"clip.{suffix}")
    assert rate == 48000
    assert sound.shape[0] == 2
    assert abs(sound.shape[1] - 2 * rate) <= AAC_FRAME
    steady = loudness(sound, 0.1, 0.6)
    assert steady == pytest.approx(0.5 / np.sqrt(2), rel=0.05)
    assert loudness(sound, 0.65, 0.7) > 0.8 * steady
    assert 0.3 * steady < loudness(sound, 0.81, 0.86) < 0.7 * steady
    assert loudness(sound, 0.98, 1.0) < 0.05 * steady


@pytest.mark.parametrize("suffix", ["mp4", "mov", "webm"])
def test_sound_does_not_move_the_pictures(suffix: str, tmp_path: Path) -> None:
    target = tmp_path / f"clip.{suffix}"
    write_gradients(target, spec(frames=50), audio=tone(tmp_path / "song.wav", 1))
    film = read_film(target)
    assert [float(time) for time in film.times] == pytest.approx([n / 25 for n in range(50)], abs=0.001)
    with av.open(str(target)) as container:
        ends = [float(stream.duration * stream.time_base) for stream in container.streams if stream.duration]
        assert ends == pytest.approx([2.0] * len(ends), abs=AAC_FRAME / 48000)
        assert container.duration / av.time_base == pytest.approx(2.0, abs=AAC_FRAME / 48000)
    if suffix != "webm":
        assert b"elst" not in target.read_bytes()


def test_sound_begins_where_the_clip_begins(tmp_path: Path) -> None:
    write_gradients(tmp_path / "clip.mp4", spec(frames=25), audio=tone(tmp_path / "song.wav", 2))
    _, sound = read_sound(tmp_path / "clip.mp4")
    heard = np.abs(sound).max(axis=0) > 0.1
    assert heard.argmax() < 1.5 * AAC_FRAME


def test_other_rates_and_channels_are_converted(tmp_path: Path) -> None:
    song = tone(tmp_path / "song.wav", 0.4, rate=22050, channels=2)
    write_gradients(tmp_path / "clip.mp4", spec(frames=25), audio=song)
    rate, sound = read_sound(tmp_path / "clip.mp4")
    spectrum = np.abs(np.fft.rfft(sound[0, : rate // 2]))
    assert spectrum.argmax() * 2 == pytest.approx(440, abs=3)
    assert abs(sound.shape[1] - rate) <= AAC_FRAME


def test_samples_beyond_full_scale_are_cut_off_and_end(tmp_path: Path) -> None:
    song = tmp_path / "song.wav"
    samples = (np.sin(np.arange(24000) / 20) * 1e9).astype("<f4").tobytes()
    shape = struct.pack("<HHIIHH", 3, 1, 48000, 192000, 4, 32)  # format 3: floating point
    chunks = b"WAVEfmt " + struct.pack("<I", len(shape)) + shape + b"data" + struct.pack("<I", len(samples)) + samples
    song.write_bytes(b"RIFF" + struct.pack("<I", len(chunks)) + chunks)
    write_gradients(tmp_path / "clip.mp4", spec(frames=25), audio=song)
    _, sound = read_sound(tmp_path / "clip.mp4")
    assert 0.5 < loudness(sound, 0.2, 0.5) < 1.2


def test_a_clip_shorter_than_one_packet_of_sound_can_have_sound(tmp_path: Path) -> None:
    write_gradients(tmp_path / "clip.mp4", spec(frames=1, fps=60), audio=tone(tmp_path / "song.wav", 1))
    assert read_sound(tmp_path / "clip.mp4")[1].shape[1] <= 2 * AAC_FRAME


def test_a_film_with_sound_serves_as_sound_and_nothing_else_of_it_comes_along(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    write_gradients(film, spec(frames=25), audio=tone(tmp_path / "song.wav", 1))
    write_gradients(tmp_path / "clip.mp4", spec(frames=5), audio=film)
    with av.open(str(tmp_path / "clip.mp4")) as container:
        assert [stream.type for stream in container.streams] == ["video", "audio"]
    assert len(read_film(tmp_path / "clip.mp4").rgb) == 5


@pytest.mark.parametrize("name", ["-i song.wav", "50% %d.wav", "http:song.wav", "a 'b' \"c\".wav", "Ünï 音.wav"])
def test_a_sound_file_may_be_called_anything(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tone(tmp_path / name, 0.5)
    write_gradients(Path("clip.mp4"), spec(frames=5), audio=Path(name))
    assert loudness(read_sound(tmp_path / "clip.mp4")[1], 0.2, 0.5) > 0.1


def silent_film(path: Path) -> None:
    write_gradients(path.with_suffix(".mp4"), spec(frames=2))
    path.with_suffix(".mp4").rename(path)


BAD_SOUND = {
    "missing": lambda path: None,
    "a folder": lambda path: path.mkdir(),
    "empty": lambda path: path.touch(),
    "text": lambda path: path.write_text("la la la\n" * 50),
    "without sound": silent_film,
    "no samples": lambda path: tone(path, 0),
    "a playlist": lambda path: path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n"),
}


@pytest.mark.parametrize("kind", BAD_SOUND)
def test_a_file_that_brings_no_sound_is_refused_beforehand(kind: str, tmp_path: Path) -> None:
    song = tmp_path / "song.wav"
    BAD_SOUND[kind](song)
    with pytest.raises(OutputError) as caught:
        video.plan(tmp_path / "clip.mp4", spec(), audio=song)
    assert "--audio" in caught.value.hint
    assert "\n" not in caught.value.message
