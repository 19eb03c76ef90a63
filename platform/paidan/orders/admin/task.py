"""The task list and the task page."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import ActionLocation
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RangeDateFilter,
    RelatedDropdownFilter,
)
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.views import ChangeList

from paidan.backoffice import display as show
from paidan.backoffice.admin import ReadOnlyAdmin, ReadOnlyInline
from paidan.backoffice.lists import WorkListMixin
from paidan.backoffice.pages import EndlessList
from paidan.backoffice.verb import ReasonForm, verb
from paidan.contracts import STRATEGIES
from paidan.orders import access, floor
from paidan.orders.actions import adding, dispatching
from paidan.orders.actions import task as work
from paidan.orders.admin import together
from paidan.orders.admin.columns import TASK_COLUMNS
from paidan.orders.admin.dialogs import AssignForm, CompleteForm, ReleaseForm, ReportForm, SplitForm
from paidan.orders.admin.filters import OperatorFilter, ReadyFilter, StandingFilter, TaskDueFilter
from paidan.orders.admin.log import verdict_table
from paidan.orders.admin.section import add_readiness, with_material
from paidan.orders.models import DispatchDecision, OrderLine, OrderStep, Task, TaskProgress
from paidan.orders.models.task import Status
from paidan.people.access import works_from_pools
from paidan.registry import words

MOST_WORDS = 6


class TaskList(EndlessList):
    """Says of the tasks on the page what they wait for."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        add_readiness(self.result_list)


class ReportInline(ReadOnlyInline):
    model = TaskProgress
    fields = ("at", "by", "good", "waste", "note")
    readonly_fields = fields
    related = ("by",)


class DecisionInline(ReadOnlyInline):
    model = DispatchDecision
    fields = ("at", "outcome", "by_strategy", "verdicts")
    readonly_fields = fields
    related = ("outcome",)

    @display(description=_("strategy"))
    def by_strategy(self, decision: DispatchDecision) -> str:
        return words.title(STRATEGIES, decision.strategy)

    @display(description=_("Why"))
    def verdicts(self, decision: DispatchDecision) -> Any:
        return verdict_table(decision)


@admin.register(Task)
class TaskAdmin(WorkListMixin, ReadOnlyAdmin):
    list_display = (
        "title", "order_number", "process", "department", "operator", "state", "done_bar", "urgency",
        "due_state",
    )  # fmt: skip
    list_display_links = ("title",)
    list_filter = (
        StandingFilter,
        TaskDueFilter,
        ReadyFilter,
        ("department", RelatedDropdownFilter),
        OperatorFilter,
        ("step__process", RelatedDropdownFilter),
        ("status", ChoicesDropdownFilter),
        ("priority", ChoicesDropdownFilter),
        ("step__order", AutocompleteSelectFilter),
        ("step__order__customer", AutocompleteSelectFilter),
        ("due", RangeDateFilter),
    )
    search_fields = ("content",)  # and what `get_search_results` says
    search_help_text = _("Order number, product, customer, task")
    export_columns = TASK_COLUMNS
    fields = (
        ("order_link", "process"), ("state", "urgency", "due_state"), ("department", "operator", "undispatched"), "plate",
        ("planned", "allowance", "good", "waste"), ("done_bar", "minutes"), "notes", ("started_at", "completed_at"),
    )  # fmt: skip
    readonly_fields = ("order_link", "process", "plate", "state", "urgency", "due_state", "done_bar")
    inlines = (ReportInline, DecisionInline)
    actions_detail = (
        "dispatch_again",
        "claim",
        "start",
        "report",
        "complete",
        "assign",
        "release",
        "split",
        "cancel_task",
    )

    dispatch_again = verb(
        dispatching.dispatch_again, label=_("Dispatch again"), icon="alt_route", may=access.may_assign,
        offered=lambda t: t.status == Status.PENDING and t.department_id is None, variant=ActionVariant.PRIMARY,
        ask=_("The rules are asked once more, as they stand now."), done=_("“%(row)s” is in its department."),
    )  # fmt: skip
    claim = verb(**floor.CLAIM._asdict(), label=_("Claim"), icon="back_hand", variant=ActionVariant.PRIMARY)
    start = verb(**floor.START._asdict(), label=_("Start"), icon="play_arrow", variant=ActionVariant.PRIMARY)
    report = verb(**floor.REPORT._asdict(), label=_("Report"), icon="edit_note", form=ReportForm)
    complete = verb(
        **floor.COMPLETE._asdict(),
        label=_("Complete"),
        icon="task_alt",
        form=CompleteForm,
        variant=ActionVariant.PRIMARY,
    )
    assign = verb(
        work.assign, label=_("Assign"), icon="person_add", may=access.may_assign, offered=access.is_open,
        form=AssignForm, done=_("“%(row)s” is assigned."),
    )  # fmt: skip
    release = verb(**floor.RELEASE._asdict(), label=_("Give back"), icon="undo", form=ReleaseForm)
    split = verb(
        adding.split, label=_("Split"), icon="call_split", may=access.may_cancel_task, offered=access.is_open,
        form=SplitForm, ask=_("Some of the pieces become a task of their own in the same pool."),
        done=_("“%(row)s” was split."),
    )  # fmt: skip
    cancel_task = verb(
        work.cancel, label=_("Cancel task"), icon="cancel", may=access.may_cancel_task, offered=access.is_open,
        form=ReasonForm, variant=ActionVariant.DANGER, ask=_("The rest of the order goes on without it."),
        done=_("“%(row)s” is cancelled."),
    )  # fmt: skip

    def sees_little(self, request: HttpRequest) -> bool:
        """Whether the person sees single tasks here and there, which changes how a page is best read."""
        return works_from_pools(request.user)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """Each word stands in the task, its order's number, its customer or one of its products; nothing is joined twice."""
        for word in search_term.split()[:MOST_WORDS]:
            orders = OrderLine.objects.filter(Q(product__name__icontains=word) | Q(product__code__iexact=word))
            queryset = queryset.filter(
                Q(content__icontains=word)
                | Q(step__order__number__icontains=word)
                | Q(step__order__customer__name__icontains=word)
                | Q(step__order__in=orders.order_by().values("order"))
            )
        return queryset, False

    def fill_in(self, rows: list[Any]) -> None:
        add_readiness(rows)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = with_material(super().get_queryset(request))
        rows = rows.select_related("step__order__customer", "step__process", "department", "operator")
        is_one = "object_id" in getattr(request.resolver_match, "kwargs", {})  # a list shows no pictures
        return rows.select_related("tooling__tooling") if is_one else rows

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_fields(request, obj)
        return fields if obj and obj.tooling else [name for name in fields if name != "plate"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return TaskList

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """What happened to a task is told with its order."""
        task = self.must_have_existed(request, object_id)
        order = OrderStep.history.filter(id=task.step_id).values_list("order_id", flat=True).first()
        return redirect(f"{reverse('admin:orders_workorder_timeline', args=[order])}?task={task.pk}")

    # --- columns --------------------------------------------------------------------------------
    @display(description=_("task"), ordering="content")
    def title(self, task: Task) -> Any:
        if task.status == Status.DRAFT:
            return format_html("{} {}", show.label(_("Draft"), "draft"), task.content)
        return task.content

    @display(description=_("order"), ordering="step__order__number")
    def order_number(self, task: Task) -> Any:
        customer = task.order.customer or ""
        return format_html('{}<br><span class="text-subtle">{}</span>', task.order.number, customer)

    @display(description=_("order"))
    def order_link(self, task: Task) -> Any:
        url = reverse("admin:orders_workorder_change", args=[task.step.order_id])
        return format_html('<a class="text-primary-700 dark:text-primary-300" href="{}">{}</a>', url, task.order.number)

    @display(description=_("process"), ordering="step__process")
    def process(self, task: Task) -> str:
        return str(task.step.process)

    @display(description=_("tooling"))
    def plate(self, task: Any) -> Any:
        tooling = task.tooling.tooling
        return format_html("{} {}", show.picture(tooling.picture_url, str(tooling)), tooling)

    @display(description=_("status"), ordering="status")
    def state(self, task: Any) -> Any:
        word = show.state(task, "status")
        if task.undispatched:
            return format_html('{} <span class="paidan-soon">{}</span>', word, task.get_undispatched_display())
        if waits := getattr(task, "waits", ""):
            return format_html(
                '{} <span class="text-subtle">{}</span>', word, _("waits for %(step)s") % {"step": waits}
            )
        return word

    @display(description=_("done"))
    def done_bar(self, task: Task) -> Any:
        return show.bar(task.good, task.planned)

    @display(description=_("priority"), ordering="priority")
    def urgency(self, task: Task) -> Any:
        return show.priority(task)

    @display(description=_("due"), ordering="due")
    def due_state(self, task: Task) -> Any:
        return show.due(task.due, is_open=task.status not in (Status.COMPLETED, Status.CANCELLED))

    # --- many at a time -------------------------------------------------------------------------
    def get_custom_urls(self) -> Any:
        return (*super().get_custom_urls(), ("together/", "orders_task_together", together.go_on))

    def get_actions(self, request: HttpRequest, action_location: Any = None) -> Any:
        """The verbs for many tasks that this person has the right to; a single one has buttons of its own."""
        if action_location == ActionLocation.CHANGE_FORM:
            return {}
        return {
            name: (self._begin(name), name, verb.label)
            for name, verb in together.VERBS.items()
            if request.user.has_perm(verb.permission)
        }

    def _begin(self, name: str) -> Any:
        return lambda admin, request, rows: together.begin(request, admin, name, rows)
