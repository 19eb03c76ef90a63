"""A list as a workbook: exactly the rows that the filters, the search and the person's scope leave, in their order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from paidan.backoffice import limits, sheets
from paidan.backoffice.errors import too_often

AT_ONCE = 1000
"""Rows read together: a constant number of statements for each thousand."""
MOST_A_MINUTE = 10
"""Of one list, by one person."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a workbook: its heading, and a path from the row (`step.order.number`) to what stands there."""

    heading: Any
    path: str

    @property
    def field(self) -> str:
        return self.path.rpartition(".")[2]

    def value(self, row: Any) -> Any:
        """What stands in the cell: the word of a choice, the name of a related row, a number, a day, a moment."""
        *way, last = self.path.split(".")
        for name in way:
            row = getattr(row, name)
            if row is None:
                return None
        value = getattr(row, f"get_{last}_display", None) or getattr(row, last)
        value = value() if callable(value) else value
        return str(value) if hasattr(value, "_meta") else value


def export(request: HttpRequest, model_admin: Any) -> HttpResponse:
    """Send the list that the address describes as a workbook, or say why it is too long."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    back = f"../?{request.GET.urlencode()}"
    if limits.count(f"export:{model_admin.page_key}:{request.user.pk}:{timezone.now():%H%M}", 60) > MOST_A_MINUTE:
        return too_often(request, wait=60)
    try:
        rows = model_admin.get_changelist_instance(request).queryset
    except IncorrectLookupParameters:
        return HttpResponseRedirect(back)
    ids = list(rows.select_related(None).values_list("pk", flat=True)[: sheets.MOST_ROWS + 1])
    if len(ids) > sheets.MOST_ROWS:
        messages.error(
            request,
            _("More than %(n)s rows match, and a workbook takes so many. Choose a shorter time or another filter.")
            % {"n": f"{sheets.MOST_ROWS:,}"},
        )
        return HttpResponseRedirect(back)
    columns = model_admin.columns_to_export(request)
    opts = model_admin.model._meta
    return sheets.answer(
        f"{opts.model_name}-{timezone.localtime():%Y%m%d-%H%M}",
        capfirst(str(opts.verbose_name_plural)),
        [capfirst(str(column.heading)) for column in columns],
        ([column.value(row) for column in columns] for row in _read(model_admin, request, ids)),
    )


def _read(model_admin: Any, request: HttpRequest, ids: Sequence[int]) -> Iterator[Any]:
    """The rows in their order, a thousand at a time; asked through the person's scope again."""
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        rows: QuerySet[Any] = model_admin.rows_to_export(request).filter(pk__in=some)
        found = {row.pk: row for row in rows}
        model_admin.fill_in(list(found.values()))
        yield from (found[pk] for pk in some if pk in found)
