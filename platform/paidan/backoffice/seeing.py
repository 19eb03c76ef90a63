"""What pages ask a model about the reader, whatever model it is; `people.access` answers."""

from typing import Any

from django.db import models


def hidden(user: Any, model: type[models.Model]) -> frozenset[str]:
    """The fields that a model hides from this person; most hide none."""
    ask = getattr(model, "hidden_from", None)
    return ask(user) if ask else frozenset()
