"""Which sRGB colour is meant: colour profiles, ink, 16 bits, palettes, transparency."""

from __future__ import annotations

import io
import itertools
import logging

import numpy as np
from PIL import Image, ImageChops, ImageCms

from zoom3d.photo import levels
from zoom3d.photo.picture import Picture

log = logging.getLogger(__name__)

BACKGROUND = (255, 255, 255)
"""What shows through transparent pixels: white, the paper that cut-out pictures are made for."""

# As photo editors do: measured colour is kept, and black stays black.
_INTENT = ImageCms.Intent.RELATIVE_COLORIMETRIC
_FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION
_MODE_OF_SPACE = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "LAB": "LAB"}


def to_srgb(picture: Picture, name: str) -> Image.Image:
    """The picture in mode RGB, sRGB colours, 8 bits, opaque."""
    image = picture.image
    if image.mode.startswith(("I", "F")):
        image = Image.fromarray(levels.to_eight_bit(np.asarray(image), name, picture.sample_bits))
    if picture.inverted:
        image = ImageChops.invert(image)
    colours, alpha = _split_alpha(image)
    colours = _apply_profile(colours, picture.icc, name)
    if alpha is None or alpha.getextrema()[0] == 255:
        return colours
    log.warning("%s is transparent in places; they become white", name)
    # In sRGB and not in linear light: this is how every program that made such edges showed them.
    return Image.composite(colours, Image.new("RGB", colours.size, BACKGROUND), alpha)


def _split_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """(L, RGB, CMYK or LAB image, L alpha or None)."""
    if image.mode == "1":
        image = image.convert("L")
    if image.mode in ("P", "PA", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
    elif image.mode == "La":
        image = image.convert("LA")
    if image.mode in ("RGBA", "LA"):
        alpha = image.getchannel("A")
        if image.mode == "LA":
            return image.getchannel("L"), alpha
        return image.convert("RGB"), alpha
    if image.mode not in ("L", "RGB", "CMYK", "LAB"):
        image = image.convert("RGB")
    return image, None


def _apply_profile(image: Image.Image, icc: bytes | None, name: str) -> Image.Image:
    """``image`` in sRGB by its profile; a profile that is broken or of another kind of colour is reported and left out."""
    profile = ImageCms.createProfile("LAB") if image.mode == "LAB" else None
    if icc:
        try:
            embedded = ImageCms.ImageCmsProfile(io.BytesIO(icc))
            mode = _MODE_OF_SPACE.get(embedded.profile.xcolor_space.strip().upper())
            if image.mode == "L" and mode == "RGB":
                image = image.convert("RGB")
            if mode == image.mode:
                return _transform(image, embedded)
            log.warning("the colour profile of %s is for another kind of picture and is ignored", name)
        except (OSError, ImageCms.PyCMSError, ValueError, TypeError, AttributeError) as error:
            log.warning("the colour profile of %s is broken and is ignored", name)
            log.debug("%s", error)
    if profile is not None:
        return _transform(image, ImageCms.ImageCmsProfile(profile))
    return image if image.mode == "RGB" else image.convert("RGB")


def _transform(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    # Grey needs no more than its 256 levels, and those exactly: colour management's shortcuts are coarse in the shadows.
    flags = _FLAGS | ImageCms.Flags.NOOPTIMIZE if image.mode == "L" else _FLAGS
    transform = ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), image.mode, "RGB", _INTENT, flags)
    if image.mode == "L":
        levels_of = np.asarray(ImageCms.applyTransform(Image.fromarray(np.arange(256, dtype=np.uint8)[None]), transform))[0]
        return Image.merge("RGB", [image.point(channel.tolist()) for channel in levels_of.T])
    if image.mode == "RGB":
        if _changes_nothing(transform):
            return image
        ImageCms.applyTransform(image, transform, inPlace=True)
        return image
    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None
    return converted


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """Whether the profile is sRGB itself, which most are: then rounding must not touch the picture."""
    steps = (0, 16, 48, 96, 128, 176, 224, 255)
    colours = np.array(list(itertools.product(steps, repeat=3)), np.uint8).reshape(8, 64, 3)
    converted = ImageCms.applyTransform(Image.fromarray(colours), transform)
    return int(np.abs(np.asarray(converted).astype(np.int16) - colours).max()) <= 1
