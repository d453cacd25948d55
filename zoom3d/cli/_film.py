"""The options about hidden surfaces, lens, shutter, film and the machine that draws and encodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zoom3d import inpaint
from zoom3d.cli._options import Preparation
from zoom3d.types import EFFECT_OPTIONS, Codec, EffectWish

if TYPE_CHECKING:
    from zoom3d.pipeline import Settings

Inpaint = Annotated[
    str, typer.Option("--inpaint", metavar="NAME", help=f"How hidden surfaces are painted: {', '.join(inpaint.names())}.")
]
CodecName = Annotated[Codec | None, typer.Option("--codec", help="Video codec. [what suits OUT's suffix]")]
Crf = Annotated[
    int | None, typer.Option("--crf", metavar="N", help="Quality on the codec's own scale, less is better. [the codec's own]")
]
BitDepth = Annotated[int | None, typer.Option("--bit-depth", metavar="8|10", help="Bits of a sample. [the codec's own]")]
EncoderName = Annotated[
    str,
    typer.Option(
        "--encoder",
        metavar="NAME",
        help="Who encodes: software, auto (hardware where it works), nvenc, videotoolbox, qsv, amf or vaapi.",
    ),
]
Aperture = Annotated[
    float | None,
    typer.Option(
        "--aperture",
        metavar="X",
        help="Depth of field: how large the farthest point blurs while the nearest is in focus, as a fraction of the diagonal; "
        "0.01 shows, 0.03 is much. [the preset's own]",
    ),
]
ShutterAngle = Annotated[
    float | None,
    typer.Option("--shutter-angle", metavar="DEG", help="Motion blur: 180 is usual in films, 0 none. [the preset's own]"),
]
Vignette = Annotated[
    float | None, typer.Option("--vignette", metavar="X", help="Share of light that the corners lose. [the preset's own]")
]
Grain = Annotated[
    float | None, typer.Option("--grain", metavar="X", help="Film grain; 0.03 is fine, 0.08 coarse. [the preset's own]")
]
ChromaticAberration = Annotated[
    float | None,
    typer.Option(
        "--chromatic-aberration",
        metavar="X",
        help="How far red and blue part in the corners, as a fraction of the diagonal; 0.002 shows. [the preset's own]",
    ),
]
Supersample = Annotated[int, typer.Option("--supersample", metavar="N", help="Draw every pixel N x N times.")]
Gpu = Annotated[int | None, typer.Option("--gpu", metavar="N", help="Which graphics device draws, see 'zoom3d doctor'. [0]")]


@dataclass(frozen=True)
class Film:
    """How a scene is filled in, filmed and encoded."""

    inpaint: Inpaint = inpaint.DEFAULT
    codec: CodecName = None
    crf: Crf = None
    bit_depth: BitDepth = None
    encoder: EncoderName = "software"
    aperture: Aperture = None
    shutter_angle: ShutterAngle = None
    vignette: Vignette = None
    grain: Grain = None
    chromatic_aberration: ChromaticAberration = None
    supersample: Supersample = 1
    gpu: Gpu = None

    @property
    def effects(self) -> EffectWish:
        """What the options ask for."""
        given = {option: getattr(self, option.replace("-", "_")) for option in EFFECT_OPTIONS}
        wish = {name: given[option] / unit for option, (name, unit) in EFFECT_OPTIONS.items() if given[option] is not None}
        return EffectWish(**wish)


def settings(preparation: Preparation, film: Film, **own: Any) -> Settings:
    """What the options ask for; ``own`` are the command's own."""
    from zoom3d import pipeline

    return pipeline.Settings(
        model=preparation.model,
        weights=preparation.weights,
        device=preparation.device,
        detail=preparation.detail,
        offline=preparation.offline,
        pixel_limit=preparation.pixel_limit,
        use_cache=not preparation.no_cache,
        inpaint=film.inpaint,
        codec=film.codec,
        crf=film.crf,
        bit_depth=film.bit_depth,
        encoder=film.encoder,
        effects=film.effects,
        supersample=film.supersample,
        gpu=film.gpu,
        **own,
    )
