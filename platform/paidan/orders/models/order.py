"""The work order, its approval log and its number."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from paidan import audited
from paidan.catalog.models import Customer
from paidan.notices.models import Priority
from paidan.people.access import Scope, ScopedQuerySet

MOST_PIECES = 100_000_000
"""More than any shop prints in one order; a larger number is a slip of the finger."""

pieces = (MinValueValidator(1), MaxValueValidator(MOST_PIECES))


class Approval(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Waiting for approval")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")


class Progress(models.TextChoices):
    PENDING = "pending", _("Not started")
    IN_PROGRESS = "in_progress", _("In progress")
    COMPLETED = "completed", _("Completed")
    PAUSED = "paused", _("Paused")
    CANCELLED = "cancelled", _("Cancelled")


class PrintingType(models.TextChoices):
    NONE = "none", _("No printing")
    FRONT = "front", _("Front only")
    BACK = "back", _("Back only")
    BOTH = "both", _("Front and back")
    SELF_TURN = "self_turn", _("Work and turn")
    SELF_TUMBLE = "self_tumble", _("Work and tumble")


class OrderQuerySet(ScopedQuerySet):
    scope = Scope(owners=("maker", "salesperson"), through=("orders.Task", "step__order"))


class PartQuerySet(ScopedQuerySet):
    """Lines, materials, tooling, steps and approvals are seen when their order is."""

    scope = Scope(parent=("order", "orders.WorkOrder"))


class WorkOrder(models.Model):
    """One job of a customer: what is made, from what, by which route, until when."""

    number = models.CharField(_("order number"), max_length=32, unique=True)
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="orders", verbose_name=_("customer")
    )
    salesperson = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="sold_orders",
        verbose_name=_("salesperson"),
    )
    maker = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="made_orders", verbose_name=_("order maker")
    )
    order_date = models.DateField(_("order date"))
    due_date = models.DateField(_("due date"), null=True, blank=True)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority, default=Priority.NORMAL)
    print_run = models.PositiveIntegerField(
        _("print run"), validators=pieces, help_text=_("Pieces to produce; tasks take their quantity from it.")
    )
    spoilage = models.PositiveIntegerField(
        _("spoilage allowance"),
        default=0,
        validators=[MaxValueValidator(MOST_PIECES)],
        help_text=_("Pieces that may be made or wasted beyond the print run."),
    )
    printing_type = models.CharField(_("printing"), max_length=12, choices=PrintingType, default=PrintingType.FRONT)
    cmyk = models.CharField(_("process colours"), max_length=4, blank=True, help_text=_("Any of C, M, Y, K."))
    spot_colours = models.CharField(_("spot colours"), max_length=120, blank=True, help_text=_("E.g. 877C, 286C."))
    notes = models.TextField(_("notes"), blank=True)
    total_amount = models.DecimalField(_("total amount"), max_digits=16, decimal_places=2, default=0)
    approval = models.CharField(_("approval"), max_length=12, choices=Approval, default=Approval.DRAFT)
    progress = models.CharField(_("progress"), max_length=12, choices=Progress, default=Progress.PENDING)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("approved by")
    )
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    version = models.PositiveIntegerField(_("version"), default=1)
    last_ref = models.PositiveIntegerField(default=0, editable=False)  # so that no part's number is given twice
    history = audited.records()

    objects = OrderQuerySet.as_manager()
    money_fields: ClassVar = ("total_amount",)

    class Meta:
        verbose_name = _("work order")
        verbose_name_plural = _("work orders")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["approval", "-id"], name="order_approval"),
            models.Index(fields=["progress", "due_date"], name="order_progress_due"),
        ]
        permissions = [
            ("view_all_orders", _("Sees all orders and tasks")),
            ("view_own_orders", _("Sees orders that he or she made or sold")),
            ("view_prices", _("Sees prices and amounts")),
            ("submit_workorder", _("Submits orders")),
            ("approve_workorder", _("Approves and rejects orders")),
            ("change_approved_order", _("Changes, pauses and cancels approved orders")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(due_date=None) | Q(due_date__gte=F("order_date")),
                name="order_due_not_before_order_date",
                violation_error_message=_("The due date lies before the order date. Correct one of them."),
            ),
            models.CheckConstraint(
                condition=Q(print_run__gte=1, print_run__lte=MOST_PIECES, spoilage__lte=MOST_PIECES),
                name="order_print_run_possible",
                violation_error_message=_("The print run must be between 1 and 100,000,000 pieces."),
            ),
            models.CheckConstraint(
                condition=~Q(approval=Approval.APPROVED) | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="order_approved_by_somebody",
                violation_error_message=_("An approved order needs a person and a time of approval."),
            ),
            models.CheckConstraint(
                condition=Q(approval=Approval.APPROVED) | Q(progress__in=[Progress.PENDING, Progress.CANCELLED]),
                name="order_moves_only_when_approved",
                violation_error_message=_("Work starts after approval only."),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def colours(self) -> str:
        """Process and spot colours as the trade writes them, e.g. `CMYK+877C`."""
        return "+".join(part for part in (self.cmyk, self.spot_colours.replace(" ", "").replace(",", "+")) if part)

    @property
    def is_held(self) -> bool:
        """Paused or cancelled by hand: nothing may be started, claimed or reported."""
        return self.progress in (Progress.PAUSED, Progress.CANCELLED)


class ApprovalEntry(models.Model):
    """Who submitted, approved, rejected or held an order, when and why. Never changed, never deleted."""

    class Act(models.TextChoices):
        SUBMITTED = "submitted", _("submitted")
        WITHDRAWN = "withdrawn", _("withdrawn")
        APPROVED = "approved", _("approved")
        REJECTED = "rejected", _("rejected")
        CHANGED = "changed", _("changed after approval")
        PAUSED = "paused", _("paused")
        RESUMED = "resumed", _("resumed")
        CANCELLED = "cancelled", _("cancelled")

    order = models.ForeignKey(WorkOrder, models.CASCADE, related_name="approvals", verbose_name=_("work order"))
    act = models.CharField(_("act"), max_length=12, choices=Act)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"), auto_now_add=True)
    reason = models.TextField(_("reason"), blank=True)

    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = _("approval entry")
        verbose_name_plural = _("approval log")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(act="rejected") | ~Q(reason=""),
                name="rejection_has_a_reason",
                violation_error_message=_("Say why the order is rejected, so that it can be mended."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.order} {self.get_act_display()}"


class NumberSeries(models.Model):
    """The last running number of each month; its row lock is what makes numbers unique without a race."""

    prefix = models.CharField(max_length=6, primary_key=True)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("number series")
        verbose_name_plural = _("number series")

    def __str__(self) -> str:
        return f"{self.prefix}{self.last:04d}"
