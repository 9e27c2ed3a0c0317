"""Forms that hold one value, always a valid one; the cell below takes it and runs the steps."""

from .account_form import AccountForm
from .image_picker import ImagePicker
from .preview_form import PreviewForm

__all__ = ["AccountForm", "ImagePicker", "PreviewForm"]
