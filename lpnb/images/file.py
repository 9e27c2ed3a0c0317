"""Pictures as this service takes them: read from anywhere, looked into once, refused in words."""

import hashlib
from dataclasses import dataclass, field
from typing import Any, Self

from ..card import Card, Shown
from ..errors import ImageRefused, InputError
from .findings import ending, examined
from .kinds import sniffed, supported
from .limits import LIMITS, TYPES, Finding, quoted
from .mend import fixed, mended
from .preview import Preview, colour, make_preview, make_thumbnail, shares
from .shown import image_card
from .sources import received


@dataclass(frozen=True, slots=True)
class ImageFile(Shown):
    """
    A picture to share: its bytes, and what is worth knowing before they are sent.

    Args:
        name: of the file; shown, and never sent.
        type: the ``fileType`` of step 3, from the bytes and not from the name.
        pixels: width and height of the picture upright; None if it was not decoded.
        findings: what was noticed, each refused or a warning.
        made_from: the picture that this one was mended from; it stays here when this is pickled.
        mends: what was done to it, a sentence each.
    """

    name: str
    type: str
    content: bytes = field(repr=False)
    pixels: tuple[int, int] | None = None
    findings: tuple[Finding, ...] = ()
    made_from: Self | None = field(default=None, repr=False, compare=False)
    mends: tuple[str, ...] = field(default=(), repr=False, compare=False)
    _kept: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def read(cls, source: Any, *, name: str | None = None, check: bool = True) -> Self:
        """
        Read a picture from wherever it is, and look into it.

        Args:
            source: a path, bytes, a binary file, a Pillow image, an array such as NumPy's (grey,
                RGB or RGBA; bool, 8 or 16 bits, or floats from 0 to 1), or a picker or its value.
            check: False lets through what the service should refuse; a type that the bytes don't
                tell is then taken from the name's ending.

        Raises:
            ImageRefused: the picture can't be shared; ``.findings`` has every reason, and
                ``.image`` the picture, if it could be read.
            InputError: there is nothing to read from *source*.
        """
        if not isinstance(name, str | None):
            raise InputError("the picture's name is no text: give one, or none")
        content, called, declared, image = received(source)
        if image is None or name not in (None, image.name):
            image = cls._judged(content, name or called, declared)
        reasons = [each for each in image.findings if each.severity == "refused"]
        if check and reasons:
            message = "; ".join(reason.message for reason in reasons)
            if all(reason.mend for reason in reasons):
                message += "; ImageFile.read(..., check=False).fixed() makes one that may be shared"
            raise ImageRefused(message, image.findings, image)
        given: Self = image
        return given

    @classmethod
    def _judged(cls, content: bytes, called: str, declared: str) -> Self:
        kind = sniffed(content)
        usual = {"JPEG": "jpg", "text": "txt", "": "png"}.get(kind, kind.lower())
        name = (called or f"picture.{usual}").encode("utf-8", "replace").decode()
        findings, pixels = examined(content, name, declared)
        if kind not in TYPES:
            suffix = ending(name)
            kind = next((kind for kind, known in LIMITS.types if suffix in known), suffix.upper())
        return cls(name, kind or "PNG", content, pixels, findings)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel light: without the picture before, but with previews, which are dear to make."""
        fields = (self.name, self.type, self.content, self.pixels, self.findings, None, self.mends)
        previews = {name: made for name, made in self._kept.items() if isinstance(made, Preview)}
        return _arrived, (type(self), fields, previews)

    @property
    def size(self) -> int:
        """The number of bytes, ``fileSize`` in step 3."""
        return len(self.content)

    @property
    def mime(self) -> str:
        """The media type, for the upload's header."""
        known = self.type in TYPES
        return f"image/{self.type.lower()}" if known else "application/octet-stream"

    @property
    def cautions(self) -> tuple[str, ...]:
        """What the picture tells of place or people, to know before it is shared."""
        return tuple(f"{each.message} ({each.typed})" for each in self.findings if each.private)

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes, in hex: two files with the same one are the same file."""
        return self._digest("sha256")

    @property
    def md5(self) -> str:
        """MD5 of the bytes, in hex: what storage answers as the ETag."""
        return self._digest("md5")

    def _digest(self, name: str) -> str:
        if name not in self._kept:
            self._kept[name] = hashlib.new(name, self.content, usedforsecurity=False).hexdigest()
        return str(self._kept[name])

    def preview(
        self,
        *,
        box: tuple[float, float, float, float] | None = None,
        backdrop: str = "white",
    ) -> Preview:
        """
        Make the small picture that is published with the file in step 5.

        Args:
            box: the part to show, as left, top, right and bottom in pixels of the picture upright.
            backdrop: the colour behind what is transparent, by name or as ``#rrggbb``.

        Raises:
            ImageRefused: the bytes can't be decoded; possible with ``check=False`` only.
            InputError: there is no such part, or no such colour.
        """
        key = f"preview of {box} on {backdrop}"
        if key not in self._kept:
            name = quoted(self.name)
            kind = supported(self.content, name)
            part = shares(box, self.pixels)
            self._kept[key] = make_preview(
                self.content, kind, name, box=part, backdrop=colour(backdrop)
            )
        made: Preview = self._kept[key]
        return made

    def fixed(self) -> Self:
        """
        Mend all that the findings name a mend for; the picture itself if they name none.

        Raises:
            ImageRefused: something is wrong that can't be mended, or only elsewhere.
        """
        return fixed(self)

    def resized_to_fit(self) -> Self:
        """
        Encode the picture anew if it is too large: finely, then more coarsely, then smaller.

        A photo stays or becomes JPEG; what is clear in parts stays PNG; an animation goes on
        moving, unless drawing all of it anew would take too long.
        """
        return mended(self, "resized_to_fit")

    def converted(self) -> Self:
        """
        Make a PNG or JPEG of 8-bit sRGB out of a WEBP, BMP, TIFF or AVIF, CMYK or 16 bits.

        Of too many frames the first is kept.
        """
        return mended(self, "converted")

    def without_metadata(self) -> Self:
        """
        Leave out who, where and with what; every pixel, its colour and its orientation stay.

        Nothing is encoded anew. Out go EXIF but for the orientation, XMP, IPTC, comments, texts,
        thumbnails, what follows the picture, and what a colour profile tells besides colour.
        """
        return mended(self, "without_metadata")

    def upright(self) -> Self:
        """
        Turn the pixels as EXIF says they are to be seen, so that it need not be said.

        The rest of EXIF and the colour profile come along, but not a thumbnail on its side.
        """
        return mended(self, "upright")

    def renamed(self, name: str = "") -> Self:
        """
        Give a plain file name with the ending for its type: its own, cleaned, or *name*.
        """
        return mended(self, "renamed", name=name)

    def card(self) -> Card:
        """The picture and its preview small, every finding with its mend, and what will be sent."""
        return image_card(self)


def _arrived(kind: type[ImageFile], fields: Any, kept: dict[str, Any]) -> ImageFile:
    image = kind(*fields)
    image._kept.update(kept)
    return image


def thumbnail(content: bytes, side: int = 160) -> tuple[str, int, int] | None:
    """
    Draw *content* small, encoded anew, for a card: a data URI of a few KB, width and height.

    None where the bytes are no picture, or none that can be decoded safely.
    """
    try:
        return make_thumbnail(content, supported(content, "the picture"), side)
    except ImageRefused:
        return None
