"""Form fields of master data that need more than a type."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import gettext_lazy as _

from paidan.catalog import pictures
from paidan.errors import Refused


class PictureField(forms.FileField):
    """Takes a picture, and gives the one that is kept instead."""

    def __init__(self, **options: Any) -> None:
        usual = _("JPEG, PNG or WebP, at most 8 MB. It is kept smaller, and without what a camera wrote into it.")
        super().__init__(**{"help_text": usual, **options})

    def widget_attrs(self, widget: Any) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "accept": "image/*"}

    def to_python(self, data: Any) -> Any:
        if data in self.empty_values:
            return None
        try:
            pictures.must_not_be_large(data.size)
            return ContentFile(pictures.webp(data.read()), name="picture.webp")
        except Refused as refused:
            raise ValidationError(str(refused), refused.code) from refused
