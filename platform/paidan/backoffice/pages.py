"""How a list reads the rows of one page."""

from typing import Any, cast

from django.core.paginator import Paginator
from django.db.models import F, QuerySet
from django.http import HttpRequest
from unfold.views import ChangeList

MOST_PAGES = 10_000
"""Further down nobody scrolls; an address may say any number."""


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


class Endless(IdsFirst):
    """Pages without a last one: nothing is counted, a page knows only whether more follows."""

    template_name = "backoffice/no_pages.html"

    def window(self, number: int) -> tuple[list[Any], bool]:
        """The rows of a page, and whether more follow. Two statements."""
        start = (max(number, 1) - 1) * self.per_page
        rows = cast("QuerySet[Any]", self.object_list)
        ids = list(self._ids().values_list("pk", flat=True)[start : start + self.per_page + 1])
        return list(rows.filter(pk__in=ids[: self.per_page])) if ids else [], len(ids) > self.per_page


class EndlessList(ChangeList):
    """A list whose next rows are fetched when its end comes into sight."""

    has_more = False

    def get_results(self, request: HttpRequest) -> None:
        paginator = Endless(self.queryset, self.list_per_page, narrow=self.model_admin.sees_little(request))
        number = min(max(self.page_num, 1), MOST_PAGES)
        self.result_list, self.has_more = paginator.window(number)
        self.result_count = (number - 1) * self.list_per_page + len(self.result_list)
        self.full_result_count, self.show_full_result_count = self.result_count, False  # the heading counts nothing
        self.show_admin_actions = True
        self.can_show_all, self.multi_page, self.paginator = False, False, paginator

    @property
    def next_page(self) -> str:
        """The address of the rows that follow, if there are any."""
        return self.get_query_string({"p": self.page_num + 1}) if self.has_more else ""
