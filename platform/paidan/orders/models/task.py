"""The task and what happened to it."""

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from paidan import audited
from paidan.orders.models.order import MOST_PIECES, Priority, WorkOrder, pieces
from paidan.orders.models.parts import OrderLine, OrderMaterial, OrderStep, OrderTooling
from paidan.people.access import Scope, ScopedQuerySet
from paidan.people.models import Department


class Status(models.TextChoices):
    DRAFT = "draft", _("Draft")
    PENDING = "pending", _("Pending")
    IN_PROGRESS = "in_progress", _("In progress")
    COMPLETED = "completed", _("Completed")
    CANCELLED = "cancelled", _("Cancelled")


OPEN = (Status.PENDING, Status.IN_PROGRESS)


class Undispatched(models.TextChoices):
    """Why a task has no department."""

    SWITCHED_OFF = "switched_off", _("Automatic dispatch is switched off. Assign it by hand.")
    NO_RULE = "no_rule", _("No dispatch rule for this process. Add one, or assign it by hand.")
    ALL_DISABLED = "all_disabled", _("All rules of this process are disabled. Enable one, or assign it by hand.")


class TaskQuerySet(ScopedQuerySet):
    scope = Scope(
        owners=("step__order__maker", "step__order__salesperson"),
        holder="operator",
        department="department",
        pool=Q(operator=None, status=Status.PENDING),
    )


class AboutTaskQuerySet(ScopedQuerySet):
    """Reports and dispatch decisions are seen when their task is."""

    scope = Scope(parent=("task", "orders.Task"))


class WorkloadQuerySet(ScopedQuerySet):
    scope = Scope(holder="operator", worker="operator")


class Task(models.Model):
    """One piece of work for one step of an order, done in one department by at most one operator.

    `key` says what the task is for and is unique within its step, so that a changed order finds its tasks again.
    Generated tasks carry the generator's key; parts and supplements of one carry `key#2`, `key#3` … and point at
    it as `parent`; tasks added by hand carry `manual:…`.
    """

    step = models.ForeignKey(OrderStep, models.CASCADE, related_name="tasks", verbose_name=_("step"))
    key = models.CharField(_("key"), max_length=80, editable=False)
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="parts", verbose_name=_("part of")
    )
    line = models.ForeignKey(OrderLine, models.CASCADE, null=True, blank=True, related_name="+", editable=False)
    material = models.ForeignKey(OrderMaterial, models.CASCADE, null=True, blank=True, related_name="+", editable=False)
    tooling = models.ForeignKey(OrderTooling, models.CASCADE, null=True, blank=True, related_name="+", editable=False)
    content = models.CharField(_("content"), max_length=200)
    planned = models.PositiveIntegerField(_("planned"), validators=pieces)
    allowance = models.PositiveIntegerField(_("allowance"), default=0, validators=[MaxValueValidator(MOST_PIECES)])
    good = models.PositiveIntegerField(_("good"), default=0)
    waste = models.PositiveIntegerField(_("waste"), default=0)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.DRAFT)
    department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="tasks",
        verbose_name=_("department"),
        db_index=False,  # two indexes below begin with it
    )
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="tasks",
        verbose_name=_("operator"),
        db_index=False,  # so does one with this
    )
    undispatched = models.CharField(_("why undispatched"), max_length=20, choices=Undispatched, blank=True, default="")
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority, default=Priority.NORMAL)
    due = models.DateField(_("due"), null=True, blank=True)
    minutes = models.PositiveIntegerField(_("expected minutes"), default=0)
    notes = models.CharField(_("notes"), max_length=300, blank=True)
    edited_fields = models.JSONField(_("edited by hand"), default=list, blank=True, editable=False)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    completed_at = models.DateTimeField(_("completed at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    version = models.PositiveIntegerField(_("version"), default=1)
    history = audited.records()

    untold_fields = ("parent",)
    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        ordering = ["-id"]
        permissions = [
            ("edit_draft_task", _("Edits, adds and deletes draft tasks")),
            ("assign_task", _("Assigns and re-assigns tasks")),
            ("claim_task", _("Claims, starts and reports tasks")),
            ("cancel_task", _("Cancels and splits tasks")),
        ]
        indexes = [
            models.Index(fields=["department", "status", "operator"], name="task_pool"),
            models.Index(fields=["department", "-id"], name="task_department_newest"),
            models.Index(fields=["status", "-id"], name="task_status_newest"),
            models.Index(fields=["operator", "status"], name="task_operator_status"),
            models.Index(fields=["status", "due"], name="task_status_due"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["step", "key"],
                name="task_once_per_step_and_key",
                violation_error_message=_("This step has this task already."),
            ),
            models.CheckConstraint(
                condition=~Q(status="draft") | Q(department=None, operator=None, good=0, waste=0),
                name="task_draft_is_unassigned",
                violation_error_message=_("A draft task has neither department nor operator."),
            ),
            models.CheckConstraint(
                condition=Q(operator=None) | Q(department__isnull=False),
                name="task_operator_needs_department",
                violation_error_message=_("An operator works in a department: choose the department too."),
            ),
            models.CheckConstraint(
                condition=~Q(status="pending") | Q(department__isnull=False) | ~Q(undispatched=""),
                name="task_pending_is_dispatched_or_says_why_not",
                violation_error_message=_("A pending task needs a department, or the reason why it has none."),
            ),
            models.CheckConstraint(
                condition=~Q(status="in_progress") | Q(operator__isnull=False, started_at__isnull=False),
                name="task_in_progress_has_operator",
                violation_error_message=_("A task in progress has an operator."),
            ),
            models.CheckConstraint(
                condition=~Q(status="completed") | Q(completed_at__isnull=False),
                name="task_completed_at_some_time",
                violation_error_message=_("A completed task has a time of completion."),
            ),
            models.CheckConstraint(
                condition=Q(planned__gte=1, planned__lte=MOST_PIECES, allowance__lte=MOST_PIECES),
                name="task_planned_possible",
                violation_error_message=_("The quantity must be between 1 and 100,000,000 pieces."),
            ),
            models.CheckConstraint(
                condition=Q(good__lte=F("planned") + F("allowance") - F("waste")),
                name="task_reported_within_allowed",
                violation_error_message=_("Good and waste together are more than planned plus allowance."),
            ),
            models.CheckConstraint(
                condition=Q(line=None, material=None) | Q(line=None, tooling=None) | Q(material=None, tooling=None),
                name="task_has_one_subject_at_most",
                violation_error_message=_("A task is for one line, one material or one tooling."),
            ),
        ]

    def __str__(self) -> str:
        return self.content

    @property
    def order(self) -> WorkOrder:
        """The work order that this task belongs to."""
        return self.step.order

    @property
    def remaining(self) -> int:
        """Good pieces still to make."""
        return max(0, self.planned - self.good)

    @property
    def still_allowed(self) -> int:
        """Pieces, good or waste, that may still be reported."""
        return self.planned + self.allowance - self.good - self.waste

    @property
    def is_touched(self) -> bool:
        """Whether anybody ever worked on it; such a task is never removed or altered by a changed order."""
        return self.started_at is not None or self.good + self.waste > 0 or self.status == Status.COMPLETED


class TaskProgress(models.Model):
    """One report of good and waste pieces."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="reports", verbose_name=_("task"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"), auto_now_add=True)
    good = models.PositiveIntegerField(_("good"), default=0)
    waste = models.PositiveIntegerField(_("waste"), default=0)
    note = models.CharField(_("note"), max_length=300, blank=True)
    request = audited.request_field()

    objects = AboutTaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("progress report")
        verbose_name_plural = _("progress reports")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(good__gt=0) | Q(waste__gt=0) | ~Q(note=""),
                name="report_says_something",
                violation_error_message=_("Report at least one good or waste piece."),
            )
        ]

    def __str__(self) -> str:
        return f"+{self.good} / {self.waste}"


class DispatchDecision(models.Model):
    """Why a task went where it went: the rules and loads as they stood, the ranking, the outcome."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="decisions", verbose_name=_("task"))
    strategy = models.CharField(_("strategy"), max_length=60)
    version = models.CharField(_("version"), max_length=40, blank=True)
    inputs = models.JSONField(_("inputs"), default=dict)
    ranking = models.JSONField(_("candidates"), default=list)
    outcome = models.ForeignKey(
        Department, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("outcome")
    )
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("given to"),
    )
    reason = models.CharField(_("reason"), max_length=40)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"), auto_now_add=True)
    request = audited.request_field()

    objects = AboutTaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("dispatch decision")
        verbose_name_plural = _("dispatch decisions")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.task} → {self.outcome or '—'}"


class Workload(models.Model):
    """How many open tasks an operator holds. The row that makes claiming right under any race."""

    operator = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="workload",
        verbose_name=_("operator"),
    )
    open = models.PositiveIntegerField(_("open tasks"), default=0, editable=False)
    limit = models.PositiveSmallIntegerField(_("limit"), default=10, help_text=_("Open tasks at the same time."))
    history = audited.records(excluded_fields=["open"])

    objects = WorkloadQuerySet.as_manager()

    class Meta:
        verbose_name = _("workload")
        verbose_name_plural = _("workloads")
        constraints = [
            models.CheckConstraint(
                condition=Q(open__lte=F("limit")),
                name="workload_within_limit",
                violation_error_message=_("This person holds more open tasks than that. Give some back first."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.operator}: {self.open}/{self.limit}"
