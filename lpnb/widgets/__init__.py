"""Forms that hold one value, always a valid one; the cell below takes it and runs the steps."""

from .account_form import AccountForm
from .guide_stepper import GuideStepper
from .image_picker import ImagePicker
from .preview_form import PreviewForm

__all__ = ["AccountForm", "GuideStepper", "ImagePicker", "PreviewForm"]
