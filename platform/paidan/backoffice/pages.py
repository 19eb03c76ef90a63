"""How a list reads the rows of one page."""

from typing import Any, cast

from django.core.paginator import Paginator
from django.db.models import F, QuerySet


class IdsFirst(Paginator):  # type: ignore[type-arg]
    """Reads the ids of a page from the indexes alone, and then these rows with all that is shown beside them.

    A database that orders by the key and joins at once carries every row of the scope through the joins; or, for people
    who see little, it walks the key backwards and throws almost everything away. `narrow` says that this person sees a
    part only: adding nothing to the key keeps the walk from looking cheap.
    """

    def __init__(self, *args: Any, narrow: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.narrow = narrow

    def _get_page(self, rows: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(rows, QuerySet) and isinstance(self.object_list, QuerySet):
            start, stop = rows.query.low_mark, rows.query.high_mark
            ids = list(self._ids().values_list("pk", flat=True)[start:stop])
            rows = self.object_list.filter(pk__in=ids)
        return super()._get_page(rows, *args, **kwargs)  # type: ignore[misc]

    def _ids(self) -> QuerySet[Any]:
        """The same rows in the same order, without what is only shown."""
        rows = cast("QuerySet[Any]", self.object_list).select_related(None)
        if self.narrow and tuple(rows.query.order_by) in (("-pk",), ("-id",)):
            return rows.order_by((F("pk") + 0).desc())
        return rows
