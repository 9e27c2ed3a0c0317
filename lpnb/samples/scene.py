"""The picture that all samples show, painted by code: a parcel with its receipt on a desk."""

import functools
import math
import random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL import Image

SIZE = (2400, 1800)
BOX = ((460, 760), (950, 520), (1450, 700), (1430, 1270), (985, 1560), (480, 1290))
_TOP = (BOX[0], BOX[1], BOX[2], (965, 980))
_FRONT = (BOX[0], (965, 980), BOX[4], BOX[5])
FACES = ((_TOP, "#dcb27c"), (_FRONT, "#bd8c55"), ((_TOP[3], *BOX[2:5]), "#966837"))


def grainy(area: float, grain: int, seed: int) -> "Image.Image":
    """Give the scene in about *area* pixels, each lighter or darker by up to half of *grain*."""
    from PIL import Image, ImageChops

    width = min(SIZE[0], max(16, round(math.sqrt(area * 4 / 3))))
    size = (width, width * 3 // 4)
    chance = random.Random(seed)  # noqa: S311 - grain, no secret
    noise = Image.frombytes("L", size, chance.randbytes(size[0] * size[1]))
    noise = noise.point(lambda value: value * grain // 255).convert("RGB")
    return ImageChops.add(painted().resize(size, reducing_gap=2.0), noise, offset=-grain // 2)


def polygon(image: "Image.Image", points: Any, fill: Any) -> None:
    from PIL import ImageDraw

    ImageDraw.Draw(image).polygon(points, fill=fill)


def _stick(image: "Image.Image", face: Any, box: tuple[float, ...], fill: str) -> None:
    """Fill *box*, left, top, right and bottom in shares of the *face* that it sticks to."""
    left, top, right, bottom = box
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    points = []
    for u, v in corners:
        shares = ((1 - u) * (1 - v), u * (1 - v), u * v, (1 - u) * v)
        points.append(
            tuple(sum(w * at[k] for w, at in zip(shares, face, strict=True)) for k in (0, 1))
        )
    polygon(image, points, fill)


@functools.cache
def painted() -> "Image.Image":
    """Paint the picture once, large; every sample is drawn from it."""
    from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

    chance = random.Random(7)  # noqa: S311 - grain, no secret
    streaks = Image.frombytes("L", (6, 600), chance.randbytes(3_600)).resize(SIZE)
    grain = Image.frombytes("L", (200, 900), chance.randbytes(180_000)).resize(SIZE)
    desk = ImageOps.colorize(Image.blend(streaks, grain, 0.3), "#855230", "#c9935c")
    for y in (420, 960, 1480):
        ImageDraw.Draw(desk).line((0, y, 2400, y + 6), fill="#54301a", width=7)
    light = ImageOps.invert(Image.radial_gradient("L")).resize((4200, 3200))
    light = light.crop((1000, 700, 3400, 2500))
    scene = Image.composite(desk, Image.new("RGB", SIZE, "#2c1a10"), light)

    note = Image.new("RGB", (520, 900), "#f7f4ec")
    pen = ImageDraw.Draw(note)
    pen.text((260, 80), "RECEIPT", "#333", ImageFont.load_default(64), anchor="mm")
    font = ImageFont.load_default(34)
    rows = (("Blue mug", "12.50"), ("Tea, 250 g", "8.90"), ("Gift box", "3.50"), ("Total", "24.90"))
    for y, (what, price) in zip((210, 290, 370, 500), rows, strict=True):
        pen.text((50, y), what, "#333", font)
        pen.text((470, y), price, "#333", font, anchor="ra")
    pen.line((50, 460, 470, 460), fill="#333", width=3)
    for x in range(60, 460, 8):
        pen.line((x, 660, x, 800), fill="#222", width=chance.choice((1, 3, 5)))
    turned = note.rotate(-9, expand=True, resample=Image.Resampling.BICUBIC)
    sheet = Image.new("L", note.size, 255).rotate(-9, expand=True)

    shade = Image.new("L", SIZE)
    shade.paste(150, (1622, 500), sheet)
    polygon(shade, [(430, 1270), (985, 1620), (1640, 1400), (1560, 1080)], 200)
    scene.paste("#150b05", mask=shade.filter(ImageFilter.GaussianBlur(26)))
    scene.paste(turned, (1600, 470), sheet)
    for face, colour in FACES:
        polygon(scene, face, colour)
    _stick(scene, _TOP, (0, 0.42, 1, 0.58), "#c99a5e")
    _stick(scene, _FRONT, (0.1, 0.42, 0.68, 0.9), "#f4f1ea")
    for row, width in ((0.5, 0.5), (0.57, 0.62), (0.64, 0.42)):
        _stick(scene, _FRONT, (0.15, row, width, row + 0.025), "#777")
    for bar in range(24):
        left = 0.15 + bar * 0.02
        right = left + chance.choice((0.005, 0.009, 0.013))
        _stick(scene, _FRONT, (left, 0.72, right, 0.85), "#222")
    return scene
