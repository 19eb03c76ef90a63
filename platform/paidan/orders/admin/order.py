"""The order page: one form for the whole order, the plan before it is applied, buttons for each verb, its tasks."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.views import ChangeList

from paidan.backoffice import display as show
from paidan.backoffice.admin import ScopedModelAdmin
from paidan.backoffice.lists import WorkListMixin
from paidan.backoffice.verb import ReasonForm, verb
from paidan.errors import Refused
from paidan.orders import access
from paidan.orders.actions import order as life
from paidan.orders.actions import saving
from paidan.orders.actions.bulk import restore_drafts
from paidan.orders.actions.copying import copy
from paidan.orders.admin import editing, inlines, section
from paidan.orders.admin import timeline as told
from paidan.orders.admin import traveller as paper
from paidan.orders.admin.columns import ORDER_COLUMNS
from paidan.orders.admin.dialogs import AddTaskForm, add_task
from paidan.orders.admin.filters import ORDER_FILTERS
from paidan.orders.admin.forms import OrderForm, draft_from
from paidan.orders.facts import usual_parts
from paidan.orders.models import OrderStep, WorkOrder
from paidan.orders.models.order import Approval, Priority, Progress
from paidan.orders.planning import summary
from paidan.people.access import person
from paidan.people.models import sellers


class Entered(Exception):
    """A valid form, on its way out of the form's transaction: plugins think before one, not inside."""

    def __init__(self, form: OrderForm, formsets: list[Any]) -> None:
        self.form, self.formsets = form, formsets


class OrderList(ChangeList):
    """Counts the tasks of the orders on the page in one query."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        count_tasks(self.result_list)


def count_tasks(rows: list[Any]) -> None:
    """Say of each order how many of its tasks are done, of how many."""
    orders = {order.pk: order for order in rows}
    done = Count("tasks", filter=Q(tasks__status="completed"))
    steps = OrderStep.objects.filter(order__in=orders).values_list("order").order_by()
    for order in orders.values():
        order.done = order.all = 0
    for pk, finished, everything in steps.annotate(done=done, all=Count("tasks", filter=~Q(tasks__status="cancelled"))):
        orders[pk].done, orders[pk].all = finished, everything


@admin.register(WorkOrder)
class WorkOrderAdmin(WorkListMixin, ScopedModelAdmin):
    form = OrderForm
    inlines = inlines.PARTS
    change_form_outer_after_template = "orders/after_order.html"
    change_form_before_template = "orders/before_order.html"
    list_display = (
        "number", "customer", "approval_state", "progress_state", "task_bar", "urgency", "due_state", "print_run",
        "total_amount", "maker",
    )  # fmt: skip
    list_filter = (
        ("approval", ChoicesDropdownFilter),
        ("progress", ChoicesDropdownFilter),
        ("priority", ChoicesDropdownFilter),
        ("customer", AutocompleteSelectFilter),
        ("due_date", RangeDateFilter),
        *ORDER_FILTERS,
    )
    export_columns = ORDER_COLUMNS
    search_fields = ("number", "customer__name", "notes")
    search_help_text = _("Order number, customer, notes")
    autocomplete_fields = ("customer", "salesperson")
    fieldsets = (
        (None, {"fields": (
            ("customer", "salesperson"), ("order_date", "due_date", "priority"), ("print_run", "spoilage"),
            ("printing_type", "cmyk", "spot_colours"), "notes", "reason", "version_seen",
        )}),
    )  # fmt: skip
    actions_detail = (
        "submit", "approve", "reject", "withdraw", "add_task", "traveller", "timeline",
        {"title": _("More"), "icon": "more_horiz", "items": [
            "copy", "restore", "pause", "resume", "cancel_order", "delete_order",
        ]},
    )  # fmt: skip

    submit = verb(
        life.submit, label=_("Submit"), icon="send", may=access.may_submit, variant=ActionVariant.PRIMARY,
        offered=lambda o: o.approval in (Approval.DRAFT, Approval.REJECTED) and not o.is_held,
        ask=_("Everything is checked at once; the approver is told."), done=_("Order %(row)s waits for approval."),
    )  # fmt: skip
    approve = verb(
        life.approve, label=_("Approve"), icon="check_circle", may=access.may_approve, variant=ActionVariant.PRIMARY,
        offered=lambda o: o.approval == Approval.SUBMITTED and not o.is_held,
        ask=_("All draft tasks go to their departments at once, and work can start."),
        done=_("Order %(row)s is approved; its tasks are in their departments."),
    )  # fmt: skip
    reject = verb(
        life.reject, label=_("Reject"), icon="undo", may=access.may_approve, form=ReasonForm,
        offered=lambda o: o.approval == Approval.SUBMITTED and not o.is_held, variant=ActionVariant.DANGER,
        ask=_("The draft tasks are deleted, those edited or added by hand too; submitting again makes new ones."),
        done=_("Order %(row)s was rejected; the maker is told why."),
    )  # fmt: skip
    withdraw = verb(
        life.withdraw, label=_("Withdraw"), icon="undo", may=access.may_submit,
        offered=lambda o: o.approval == Approval.SUBMITTED and not o.is_held,
        done=_("Order %(row)s is a draft again."),
    )  # fmt: skip
    add_task = verb(
        add_task, label=_("Add task"), icon="add_task", may=access.may_edit_drafts, form=AddTaskForm,
        done=_("The task was added to order %(row)s."),
    )  # fmt: skip
    copy = verb(
        copy, label=_("Copy"), icon="content_copy", may=lambda user, order: user.has_perm("orders.add_workorder"), opens=True,
        ask=_("A new draft with the same customer, lines, materials, tooling and steps, from today on."),
        done=_("Order %(row)s is a copy. Check its quantities and dates."),
    )  # fmt: skip
    restore = verb(
        restore_drafts, label=_("Bring deleted tasks back"), icon="settings_backup_restore",
        may=access.may_edit_drafts, offered=lambda o: o.approval in (Approval.DRAFT, Approval.REJECTED),
        done=_("The tasks of order %(row)s are complete again."),
    )  # fmt: skip
    pause = verb(
        life.pause, label=_("Pause"), icon="pause", may=access.may_hold, form=ReasonForm,
        offered=lambda o: o.approval == Approval.APPROVED and o.progress in (Progress.PENDING, Progress.IN_PROGRESS),
        done=_("Order %(row)s is paused; nobody can work on it."),
    )  # fmt: skip
    resume = verb(
        life.resume, label=_("Resume"), icon="play_arrow", may=access.may_hold,
        offered=lambda o: o.progress == Progress.PAUSED, done=_("Work on order %(row)s goes on."),
    )  # fmt: skip
    cancel_order = verb(
        life.cancel, label=_("Cancel order"), icon="cancel", may=access.may_hold, form=ReasonForm,
        offered=lambda o: o.progress not in (Progress.CANCELLED, Progress.COMPLETED), variant=ActionVariant.DANGER,
        ask=_("Open tasks are cancelled. What is done stays on record. This cannot be undone."),
        done=_("Order %(row)s is cancelled."),
    )  # fmt: skip
    delete_order = verb(
        life.delete, label=_("Delete order"), icon="delete", may=access.may_submit, then="changelist",
        offered=lambda o: o.approval in (Approval.DRAFT, Approval.REJECTED), variant=ActionVariant.DANGER,
        ask=_("The order and its drafts are removed. The history keeps their last state."),
        done=_("Order %(row)s was deleted."),
    )  # fmt: skip

    # --- who ------------------------------------------------------------------------------------
    def has_change_permission(self, request: HttpRequest, obj: WorkOrder | None = None) -> bool:
        if obj is None:
            return super().has_change_permission(request)
        return access.may_edit(person(request), obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # deleting is a verb of its own

    # --- list -----------------------------------------------------------------------------------
    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return OrderList

    @display(description=_("approval"), ordering="approval")
    def approval_state(self, order: WorkOrder) -> Any:
        return show.state(order, "approval")

    @display(description=_("progress"), ordering="progress")
    def progress_state(self, order: WorkOrder) -> Any:
        return show.state(order, "progress") if order.approval == Approval.APPROVED or order.is_held else "—"

    @display(description=_("tasks"))
    def task_bar(self, order: Any) -> Any:
        return show.bar(order.done, order.all) if order.all else "—"

    @display(description=_("priority"), ordering="priority")
    def urgency(self, order: WorkOrder) -> Any:
        return show.priority(order)

    @display(description=_("due date"), ordering="due_date")
    def due_state(self, order: WorkOrder) -> Any:
        is_open = order.progress not in (Progress.COMPLETED, Progress.CANCELLED)
        return show.due(order.due_date, is_open=is_open)

    # --- form -----------------------------------------------------------------------------------
    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("customer", "salesperson", "maker", "approved_by")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"order_date": timezone.localdate(), "priority": Priority.NORMAL, "cmyk": "CMYK"}

    def get_fieldsets(self, request: HttpRequest, obj: WorkOrder | None = None) -> Any:
        editable = obj is None or self.has_change_permission(request, obj)
        hidden = {"version_seen", "reason"} if not editable else set()
        if obj is None or obj.approval != Approval.APPROVED:
            hidden.add("reason")
        return [
            (title, options | {"fields": [name for name in options["fields"] if name not in hidden]})
            for title, options in super().get_fieldsets(request, obj)
        ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"refused": getattr(request, "paidan_refused", None)})

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        people = {"queryset": sellers(of=WorkOrder.objects.all())} if db_field.name == "salesperson" else {}
        return super().formfield_for_foreignkey(db_field, request, **kwargs | people)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and db_field.name in ("salesperson",):
            field.widget.can_add_related = field.widget.can_change_related = False
        return field

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        extra = {"show_history": False} | (extra_context or {})  # the timeline tells it
        extra |= section.context(self, request, object_id) if object_id else {}
        try:
            return super().changeform_view(request, object_id, form_url, extra)
        except Entered as entered:
            try:
                return self.carry_out(request, entered)
            except Refused as refused:
                request.paidan_refused = refused  # type: ignore[attr-defined]  # shown above what was typed
                return super().changeform_view(request, object_id, form_url, extra)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """Nothing yet: the whole order is saved by one verb."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        raise Entered(form, formsets)

    def carry_out(self, request: HttpRequest, entered: Entered) -> HttpResponse:
        """Create the order; or show the plan of an edit that changes tasks, and apply it when it was confirmed."""
        draft = draft_from(entered.form, entered.formsets)
        row = entered.form.instance
        if not row.pk:
            order = saving.save(None, usual_parts(draft), by=person(request))
            messages.success(request, _("Order %(order)s was created with its draft tasks.") % {"order": order})
            return redirect(reverse("admin:orders_workorder_change", args=[order.pk]))
        order = self.must_exist(request, row.pk)
        plan = saving.preview_save(order, draft)
        seen = request.POST.get("fingerprint", "")
        if plan.changes_tasks and not seen:
            return section.plan_page(self, request, order, plan)
        data = entered.form.cleaned_data
        saving.save(
            order, draft, by=person(request), version=data.get("version_seen"), fingerprint=seen,
            reason=data.get("reason", ""),
        )  # fmt: skip
        messages.success(request, _("Order %(order)s was saved: %(plan)s.") % {"order": order, "plan": summary(plan)})
        return HttpResponseRedirect(request.path)

    @action(description=_("Traveller"), icon="print", url_path="traveller", permissions=["traveller"])
    def traveller(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A page to print, so a plain link does."""
        return paper.page(request, self.must_exist(request, object_id))

    def has_traveller_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return object_id is None or self.has_view_permission(request, self.must_exist(request, str(object_id)))

    # --- who did what ---------------------------------------------------------------------------
    @action(description=_("Timeline"), icon="history", url_path="timeline", permissions=["timeline"])
    def timeline(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A page to read, so a plain link does; an order that was deleted has one too."""
        order = self.must_have_existed(request, object_id)
        return told.page(request, order, {**self.admin_site.each_context(request), "opts": self.opts})

    def has_timeline_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return object_id is None or self.has_view_permission(request, self.must_have_existed(request, str(object_id)))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        return redirect("admin:orders_workorder_timeline", object_id)

    def fill_in(self, rows: list[Any]) -> None:
        count_tasks(rows)

    def get_custom_urls(self) -> Any:
        return (
            *super().get_custom_urls(),
            ("<path:object_id>/drafts/", "orders_workorder_drafts", editing.drafts_view),
            ("<path:object_id>/tasks/", "orders_workorder_tasks", section.fragment),
        )
