"""What a work order consists of: lines, materials, tooling, steps."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from paidan import audited
from paidan.catalog.models import Material, Process, Product, Tooling
from paidan.orders.models.order import MOST_PIECES, PartQuerySet, WorkOrder, pieces
from paidan.people.access import Priced


class OrderPart(models.Model):
    """What an order consists of. `ref` is its lasting number within the order and is never given twice."""

    ref = models.PositiveIntegerField(_("number"), editable=False)

    objects = PartQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["ref"]


class OrderLine(Priced, OrderPart):
    """One product of the order."""

    order = models.ForeignKey(WorkOrder, models.CASCADE, related_name="lines", verbose_name=_("work order"))
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    quantity = models.PositiveIntegerField(_("quantity"), validators=pieces)
    unit_price = models.DecimalField(
        _("unit price"), max_digits=14, decimal_places=4, default=0, validators=[MinValueValidator(0)]
    )
    history = audited.records()
    money_fields = ("unit_price",)

    class Meta(OrderPart.Meta):
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        constraints = [
            models.UniqueConstraint(fields=["order", "ref"], name="line_ref_once"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=MOST_PIECES),
                name="line_quantity_possible",
                violation_error_message=_("The quantity must be between 1 and 100,000,000 pieces."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product} × {self.quantity}"


class OrderMaterial(OrderPart):
    """One material of the order, how much of it, and whether it is there."""

    class Supply(models.TextChoices):
        WAITING = "waiting", _("Not ordered")
        ORDERED = "ordered", _("Ordered")
        IN = "in", _("In stock")

    order = models.ForeignKey(WorkOrder, models.CASCADE, related_name="materials", verbose_name=_("work order"))
    material = models.ForeignKey(Material, models.PROTECT, related_name="+", verbose_name=_("material"))
    usage = models.DecimalField(
        _("usage"), max_digits=12, decimal_places=2, default=0, validators=[MinValueValidator(0)]
    )
    needs_cutting = models.BooleanField(_("needs cutting"), default=False)
    supply = models.CharField(_("supply"), max_length=10, choices=Supply, default=Supply.WAITING)
    history = audited.records()

    class Meta(OrderPart.Meta):
        verbose_name = _("order material")
        verbose_name_plural = _("order materials")
        constraints = [
            models.UniqueConstraint(fields=["order", "ref"], name="material_ref_once"),
            models.CheckConstraint(
                condition=Q(usage__gte=0, usage__lte=MOST_PIECES),
                name="material_usage_possible",
                violation_error_message=_("The usage must be between 0 and 100,000,000."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.material} × {self.usage.normalize():f}"


class OrderTooling(OrderPart):
    """One artwork, die or plate that the order is made with."""

    order = models.ForeignKey(WorkOrder, models.CASCADE, related_name="toolings", verbose_name=_("work order"))
    tooling = models.ForeignKey(Tooling, models.PROTECT, related_name="+", verbose_name=_("tooling"))
    process = models.ForeignKey(
        Process,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("only for"),
        help_text=_("E.g. the gold plate for gold foil only. Empty: every process that uses this kind."),
    )
    history = audited.records()

    class Meta(OrderPart.Meta):
        verbose_name = _("order tooling")
        verbose_name_plural = _("order tooling")
        constraints = [
            models.UniqueConstraint(fields=["order", "ref"], name="tooling_ref_once"),
            models.UniqueConstraint(
                fields=["order", "tooling"],
                name="tooling_once_per_order",
                violation_error_message=_("This tooling is on the order already."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.tooling)


class OrderStep(OrderPart):
    """One step of the order's route; the same process may stand twice."""

    order = models.ForeignKey(WorkOrder, models.CASCADE, related_name="steps", verbose_name=_("work order"))
    process = models.ForeignKey(Process, models.PROTECT, related_name="+", verbose_name=_("process"))
    sequence = models.PositiveSmallIntegerField(_("sequence"), default=0)
    left_out = models.JSONField(
        _("left out by hand"),
        default=list,
        blank=True,
        editable=False,
        help_text=_("Keys of tasks that somebody deleted; they do not come back by themselves."),
    )
    history = audited.records()
    also_told = ("left_out",)

    class Meta(OrderPart.Meta):
        verbose_name = _("order step")
        verbose_name_plural = _("order steps")
        ordering = ["sequence", "ref"]
        constraints = [models.UniqueConstraint(fields=["order", "ref"], name="step_ref_once")]

    def __str__(self) -> str:
        return f"{self.sequence}. {self.process}"
