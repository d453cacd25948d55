from __future__ import annotations

import io
import os
from dataclasses import replace
from pathlib import Path

import pytest

from zoom3d import assets
from zoom3d.batch import inputs, plan
from zoom3d.batch.inputs import Wanted
from zoom3d.batch.manifest import Record
from zoom3d.batch.plan import Orders, Plan
from zoom3d.batch.store import Folder
from zoom3d.errors import BatchError, OutputError, PresetError, Zoom3DError
from zoom3d.pipeline import Settings
from zoom3d.reel import template
from zoom3d.title import TitleWish
from zoom3d.types import EffectWish

ORDERS = Orders(Settings(model="builtin"), ("3d-zoom", "circle"), sizes=((96, 64), (64, 96)))


@pytest.fixture
def place(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "out")


@pytest.fixture
def wanted(tmp_path: Path) -> list[Wanted]:
    """Two photographs; what is in them plays no part in planning."""
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(name.encode())
    return [Wanted(tmp_path / name, name[0]) for name in ("a.jpg", "b.jpg")]


def make(wanted: list[Wanted], place: Folder, orders: Orders = ORDERS) -> Plan:
    return plan.make(wanted, orders, place, place.records(), lambda _: None)


def pretend(made: Plan, place: Folder) -> None:
    """Leave the folder as if the plan had been carried out; a clip holds its key."""
    with place.opened() as manifest:
        for photograph, clip in made.clips:
            with place.workspace() as folder:
                (folder / "clip").write_text(clip.key)
                stored = place.put(folder / "clip", clip.clip)
            record = Record(clip.clip, clip.name, str(photograph.path), photograph.digest, clip.options, clip.key, "now")
            manifest.append(replace(record, stored=stored))


def states(made: Plan) -> dict[str, str]:
    return {clip.clip: clip.state for _, clip in made.clips}


def test_a_photograph_has_one_scene_for_all_its_presets_and_sizes(wanted: list[Wanted], place: Folder) -> None:
    made = make(wanted, place)
    assert [len(photograph.clips) for photograph in made.photographs] == [4, 4]
    assert {photograph.usable_side_px(300, 300) for photograph in made.photographs} == {96}
    assert states(made)["a_circle_64x96.mp4"] == "new"


def test_options_that_change_the_scene_make_another(wanted: list[Wanted], place: Folder) -> None:
    (one, _) = wanted
    rows = [
        replace(one, name=name, chosen=True, settings=more)
        for name, more in (("x", {"fps": 12.0}), ("y", {"inpaint": "telea"}))
    ]
    assert len(make([one, *rows], place).photographs) == 2


def test_what_is_done_is_not_done_again(wanted: list[Wanted], place: Folder) -> None:
    first = make(wanted, place)
    pretend(first, place)
    second = make(wanted, place)
    assert not second.clips
    assert set(second.done) == set(states(first))


def test_only_what_is_missing_or_changed_is_to_do(wanted: list[Wanted], place: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(make(wanted, place), place)
    (place.root / "a_circle_96x64.mp4").unlink()
    (place.root / "b_circle_64x96.mp4").write_text("altered")
    assert set(states(make(wanted, place))) == {"a_circle_96x64.mp4", "b_circle_64x96.mp4"}
    more = replace(ORDERS, presets=("swing",))
    assert states(make(wanted[:1], place, more)) == {"a_swing_96x64.mp4": "new", "a_swing_64x96.mp4": "new"}
    pretend(make(wanted, place), place)
    wanted[0].path.write_bytes(b"another picture")
    assert states(make(wanted, place)) == dict.fromkeys(states(make(wanted[:1], place)), "changed")
    assert len(make(wanted, place).clips) == 4
    monkeypatch.setattr(plan, "_code", lambda: "new code")
    assert len(make(wanted, place).clips) == 8


def test_where_and_how_fast_it_is_made_changes_nothing(wanted: list[Wanted], place: Folder, tmp_path: Path) -> None:
    pretend(make(wanted, place), place)
    elsewhere = replace(ORDERS, settings=replace(ORDERS.settings, device="cpu", offline=True, use_cache=False))
    assert not make(wanted, place, elsewhere).clips
    assert len(make(wanted, place, replace(ORDERS, settings=replace(ORDERS.settings, fps=12.0))).clips) == 8


def test_a_photograph_that_only_was_touched_is_not_done_again(wanted: list[Wanted], place: Folder) -> None:
    pretend(make(wanted, place), place)
    os.utime(wanted[0].path)
    assert not make(wanted, place).clips


def test_a_brought_depth_map_counts_by_its_content(wanted: list[Wanted], place: Folder, tmp_path: Path) -> None:
    depth = tmp_path / "depth.npy"
    depth.write_bytes(b"one")
    rows = [replace(wanted[0], settings={"depth": depth})]
    pretend(make(rows, place), place)
    assert not make(rows, place).clips
    depth.write_bytes(b"two")
    assert len(make(rows, place).clips) == 4


@pytest.mark.skipif(os.name != "posix", reason="there are no such pipes")
def test_a_pipe_is_not_waited_for(wanted: list[Wanted], place: Folder) -> None:
    wanted[0].path.unlink()
    os.mkfifo(wanted[0].path)
    piped = replace(wanted[1], settings={"depth": wanted[0].path})
    assert make([wanted[0], piped], place).photographs[0].digest == ""


def test_a_failed_clip_is_tried_again(wanted: list[Wanted], place: Folder) -> None:
    first = make(wanted, place)
    with place.opened() as manifest:
        for photograph, clip in first.clips:
            record = Record(clip.clip, clip.name, str(photograph.path), photograph.digest, clip.options, clip.key, "now")
            manifest.append(replace(record, error="broken", hint="mend it"))
    assert states(make(wanted, place)) == states(first)


def test_photographs_of_one_name_get_clips_of_their_own_and_keep_them(place: Folder, tmp_path: Path) -> None:
    for name in ("x/a.jpg", "y/a.jpg", "y/a.png", "w/a.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    orders = replace(ORDERS, presets=("circle",), sizes=(None,))
    wanted = [Wanted(tmp_path / name, "a") for name in ("x/a.jpg", "y/a.jpg", "y/a.png")]
    first = make(wanted, place, orders)
    assert len(states(first)) == 3
    assert "a_circle.mp4" in states(first)
    pretend(first, place)
    more = make([Wanted(tmp_path / "w/a.jpg", "a"), *reversed(wanted)], place, orders)
    assert len(more.clips) == 1, "the three that were there keep their names"
    assert len(more.done) == 3


def test_a_preset_that_a_row_names_twice_is_one_clip(wanted: list[Wanted], place: Folder) -> None:
    assert set(states(make([replace(wanted[0], settings={"preset": "arc, arc", "size": None})], place))) == {"a_arc.mp4"}


def test_two_rows_that_ask_for_one_name_are_refused(wanted: list[Wanted], place: Folder) -> None:
    rows = [replace(wanted[0], settings={"fps": fps}, origin=f"t.csv, row {fps:.0f}") for fps in (2.0, 3.0)]
    with pytest.raises(BatchError, match=r"t\.csv, row 3: t\.csv, row 2 asks for a clip called a_3d-zoom_96x64\.mp4 too"):
        make(rows, place)
    same = [replace(one, name="same", chosen=True, origin=one.name) for one in wanted]
    with pytest.raises(BatchError, match="has the name 'same' already"):
        make(same, place)


def test_moves_drawn_by_lot_hold_for_a_photograph_whoever_joins(wanted: list[Wanted], place: Folder, tmp_path: Path) -> None:
    many = [Wanted(tmp_path / f"{number}.jpg", str(number)) for number in range(40)]
    orders = Orders(Settings(), ("3d-zoom", "circle", "swing"), seed=7)

    def drawn(wanted: list[Wanted], orders: Orders) -> dict[str, str]:
        return {clip.name: clip.settings.preset for _, clip in make(wanted, place, orders).clips}

    first = drawn(many, orders)
    assert set(first.values()) == set(orders.presets)
    assert drawn(many[20:], orders).items() <= first.items()
    assert drawn(many, replace(orders, seed=8)) != first
    joined = drawn(many, replace(orders, presets=(*orders.presets, "zoom-in")))
    assert {joined[name] for name in first if joined[name] != first[name]} == {"zoom-in"}


@pytest.mark.parametrize(
    ("orders", "error"),
    [
        (replace(ORDERS, presets=("nosuch",)), PresetError),
        (replace(ORDERS, sizes=((97, 63),)), OutputError),
        (replace(ORDERS, suffix="txt"), OutputError),
        (replace(ORDERS, suffix="png"), OutputError),
        (replace(ORDERS, settings=Settings(inpaint="nosuch")), Zoom3DError),
        (replace(ORDERS, settings=Settings(model="nosuch")), Zoom3DError),
        (replace(ORDERS, settings=Settings(audio=Path("nosuch.mp3"))), Zoom3DError),
    ],
)
def test_what_can_be_made_of_no_photograph_is_refused_beforehand(
    wanted: list[Wanted], place: Folder, orders: Orders, error: type[Zoom3DError]
) -> None:
    with pytest.raises(error):
        make(wanted, place, orders)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"preset": "nosuch"}, "there is no preset 'nosuch'"),
        ({"effects": {"shutter": 2.0}}, "shutter angle 720 cannot be made"),
        ({"title": {"size": 0.2}}, "there is no title"),
        ({"title": {"text": "x" * 300}}, "too long"),
        ({"depth_near_dark": True}, "says how a depth map is read"),
        ({"model": "builtin", "detail": True}, "looks only once"),
    ],
)
def test_what_a_row_asks_for_in_vain_is_refused_with_its_row(
    wanted: list[Wanted], place: Folder, row: dict[str, object], complaint: str
) -> None:
    with pytest.raises(BatchError, match=f"^list.csv, row 2: .*{complaint}"):
        make([replace(wanted[0], settings=row, origin="list.csv, row 2")], place)


def test_a_row_speaks_for_itself_and_the_orders_for_the_rest(wanted: list[Wanted], place: Folder) -> None:
    rows = [replace(wanted[0], settings={"preset": "swing, circle", "size": (128, 64)}), wanted[1]]
    made = states(make(rows, place, replace(ORDERS, sizes=(None,), suffix="gif")))
    assert set(made) == {"a_swing_128x64.gif", "a_circle_128x64.gif", "b_3d-zoom.gif", "b_circle.gif"}


def test_of_title_and_effects_a_row_changes_only_what_it_names(wanted: list[Wanted], place: Folder) -> None:
    settings = Settings(title=TitleWish("All", colour="red"), effects=EffectWish(grain=0.02))
    row = {"title": {"text": "One\\ntwo"}, "effects": {"vignette": 0.3}}
    made = make([replace(wanted[0], settings=row), wanted[1]], place, Orders(settings, ("3d-zoom",)))
    one, other = (clip.settings for _, clip in made.clips)
    assert (one.title, one.effects) == (TitleWish("One\ntwo", colour="red"), EffectWish(vignette=0.3, grain=0.02))
    assert (other.title, other.effects) == (settings.title, settings.effects)


def test_another_font_under_the_same_name_makes_another_clip(wanted: list[Wanted], place: Folder, tmp_path: Path) -> None:
    font = tmp_path / "font.ttf"
    roboto = (assets.folder("data") / "Roboto-Black.ttf").read_bytes()
    font.write_bytes(roboto)
    orders = Orders(Settings(title=TitleWish("A", font)), ("3d-zoom",))
    pretend(make(wanted, place, orders), place)
    assert not make(wanted, place, orders).clips
    font.write_bytes(roboto + b"\0")
    assert len(make(wanted, place, orders).clips) == 2


def test_with_a_template_every_folder_is_one_reel(place: Folder, tmp_path: Path) -> None:
    for name in ("paris/1.jpg", "paris/2.jpg", "rome/1.jpg"):
        (tmp_path / "trips" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "trips" / name).write_bytes(name.encode())
    wanted = inputs.by_folder(inputs.read([str(tmp_path / "trips")], io.StringIO(), place.root))
    orders = Orders(Settings(), ("3d-zoom",), template=template.load("travel"))
    first = make(wanted, place, orders)
    assert set(states(first)) == {"paris_travel.mp4", "rome_travel.mp4"}
    assert [len(photograph.reel) for photograph in first.photographs] == [2, 1]
    pretend(first, place)
    assert not make(wanted, place, orders).clips
    (tmp_path / "trips/paris/2.jpg").write_bytes(b"another")
    assert states(make(wanted, place, orders)) == {"paris_travel.mp4": "changed"}
    move = tmp_path / "rise.toml"
    move.write_text("[y]\nkeys = [[0, 0], [1, 0.1]]\n")
    risen = replace(orders, template=replace(template.load("travel"), presets=(str(move),)))
    pretend(make(wanted, place, risen), place)
    assert not make(wanted, place, risen).clips
    move.write_text("[y]\nkeys = [[0, 0], [1, 0.2]]\n")
    plan._preset.cache_clear()  # as for another run
    assert len(make(wanted, place, risen).clips) == 2
    with pytest.raises(BatchError, match="no photograph has a name or options"):
        inputs.by_folder([replace(wanted[0], settings={"fps": 2.0})])


def test_clips_among_the_photographs_are_none(wanted: list[Wanted], tmp_path: Path) -> None:
    place, orders = Folder(tmp_path), replace(ORDERS, suffix="gif")
    pretend(make(wanted, place, orders), place)
    found = inputs.read([str(tmp_path)], io.StringIO(), place.root)
    assert len(found) > 2
    assert not make(found, place, orders).clips


def test_no_clip_is_written_over_what_clips_are_made_from(wanted: list[Wanted], tmp_path: Path) -> None:
    place, orders = Folder(tmp_path), Orders(Settings(), ("circle",), suffix="webp")
    pretend(make(wanted, place, orders), place)
    assert not make(wanted, place, orders).clips, "what a batch made, it may make again"
    own = tmp_path / "a_swing.webp"
    own.write_bytes(b"a photograph")
    for used in (
        Wanted(own, "a_swing"),
        replace(wanted[1], settings={"depth": own}),
        replace(wanted[1], reel=(own,)),
    ):
        with pytest.raises(BatchError, match=r"a_swing\.webp would be written over"):
            make([wanted[0], used], place, replace(orders, presets=("swing",)))


def test_a_sound_is_looked_into_once_however_many_rows_have_it(
    wanted: list[Wanted], place: Folder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    looked = []
    monkeypatch.setattr(plan.video, "plan", lambda *_, audio: looked.append(audio))
    orders = replace(
        ORDERS, settings=replace(ORDERS.settings, audio=tmp_path / "song.mp3"), presets=("arc",), sizes=((96, 64),)
    )
    rows = [
        Wanted(wanted[0].path, name, True, {"title": {"text": name}, "focus": f"0.{number},0.5", "strength": 0.1 * number})
        for number, name in enumerate("abc")
    ]
    assert len(make(rows, place, orders).clips) == 3
    assert looked == [tmp_path / "song.mp3"]


def test_every_platform_has_a_clip_of_its_own(wanted: list[Wanted], place: Folder) -> None:
    orders = Orders(Settings(), ("circle",), platforms=("tiktok", "square"))
    assert set(states(make(wanted[:1], place, orders))) == {"a_circle_tiktok.mp4", "a_circle_square.mp4"}
    assert len(make(wanted[:1], place, orders).photographs) == 1
