"""Master data. Everything here is changed by the shop itself."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from paidan import audited
from paidan.catalog import pictures
from paidan.contracts import GENERATORS
from paidan.people.access import Priced
from paidan.registry.fields import PluginField


class ToolingKind(models.TextChoices):
    ARTWORK = "artwork", _("Artwork")
    DIE = "die", _("Die")
    FOIL = "foil", _("Foil plate")
    EMBOSSING = "embossing", _("Embossing plate")


class Customer(models.Model):
    """Who the shop works for."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    contact = models.CharField(_("contact"), max_length=80, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    salesperson = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="customers",
        verbose_name=_("salesperson"),
        help_text=_("Suggested on this customer's orders."),
    )
    notes = models.TextField(_("notes"), blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    history = audited.records()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Material(models.Model):
    """Paper, board, film, foil: what goes in."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    spec = models.CharField(_("specification"), max_length=120, blank=True)
    unit = models.CharField(_("unit"), max_length=20, default="张")
    needs_cutting = models.BooleanField(_("needs cutting"), default=False, help_text=_("Suggested on new orders."))
    is_active = models.BooleanField(_("active"), default=True)
    history = audited.records()

    class Meta:
        verbose_name = _("material")
        verbose_name_plural = _("materials")
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.name} {self.spec}".strip()


class Process(models.Model):
    """One kind of work, e.g. printing. What tasks it makes is data: the generator and the task text."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=60, unique=True)
    synonyms = models.TextField(
        _("synonyms"), blank=True, help_text=_("Other words for it on orders, separated by spaces or commas.")
    )
    sequence = models.PositiveSmallIntegerField(
        _("usual position"), default=100, help_text=_("Where it stands on an order when nobody says otherwise.")
    )
    generator = PluginField(
        _("task generator"),
        group=GENERATORS,
        default="general",
        help_text=_("The plugin that says which tasks a step of this process makes."),
    )
    task_text = models.CharField(
        _("task text"),
        max_length=120,
        default="{process} {subject}",
        help_text=_("{process}, {subject}, {product}, {colours} and {quantity} are filled in."),
    )
    tooling_kinds = models.JSONField(
        _("needs tooling"), default=list, blank=True, help_text=_("An order cannot be submitted without these.")
    )
    needs_material = models.BooleanField(
        _("needs material"), default=False, help_text=_("Work starts when the material is in.")
    )
    confirms_tooling = models.BooleanField(
        _("makes tooling"), default=False, help_text=_("A task is complete when its tooling is confirmed.")
    )
    runs_in_parallel = models.BooleanField(
        _("runs in parallel"), default=False, help_text=_("Does not wait for the steps before it.")
    )
    partial_handover = models.BooleanField(
        _("hands over in parts"), default=False, help_text=_("The next step may start with what is done so far.")
    )
    minutes_per_thousand = models.PositiveSmallIntegerField(
        _("minutes per 1,000 pieces"), default=30, validators=[MinValueValidator(1)]
    )
    setup_minutes = models.PositiveSmallIntegerField(_("set-up minutes"), default=20)
    is_active = models.BooleanField(_("active"), default=True)
    history = audited.records()

    class Meta:
        verbose_name = _("process")
        verbose_name_plural = _("processes")
        ordering = ["sequence", "id"]

    def __str__(self) -> str:
        return self.name


class Skill(models.Model):
    """A person is trained in a process; strategies may prefer departments and people who are."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="skills", verbose_name=_("person")
    )
    process = models.ForeignKey(Process, models.CASCADE, related_name="skills", verbose_name=_("process"))
    history = audited.records()

    class Meta:
        verbose_name = _("skill")
        verbose_name_plural = _("skills")
        ordering = ["process__sequence", "person_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "process"],
                name="skill_once_per_person_and_process",
                violation_error_message=_("This person has this skill already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.process}"


class Tooling(models.Model):
    """Artwork, die, foil plate or embossing plate: what a job is printed or formed with."""

    kind = models.CharField(_("kind"), max_length=12, choices=ToolingKind)
    code = models.CharField(_("code"), max_length=60)
    version = models.PositiveSmallIntegerField(_("version"), default=1, validators=[MinValueValidator(1)])
    name = models.CharField(_("name"), max_length=120, blank=True)
    location = models.CharField(_("shelf"), max_length=60, blank=True)
    picture = models.ImageField(_("picture"), upload_to=pictures.new_name, storage=pictures.KEPT, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("confirmed by"),
    )
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    history = audited.records()

    class Meta:
        verbose_name = _("tooling")
        verbose_name_plural = _("tooling")
        ordering = ["kind", "code", "version"]
        permissions = [("confirm_tooling", _("Confirms artwork, dies and plates"))]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "code", "version"],
                name="tooling_once_per_kind_code_version",
                violation_error_message=_("This code and version exist already for this kind of tooling."),
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None, confirmed_at=None)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="tooling_confirmed_by_somebody_at_some_time",
                violation_error_message=_("A confirmation needs a person and a time."),
            ),
        ]

    def __str__(self) -> str:
        version = f" v{self.version}" if self.version > 1 else ""
        return f"{self.code}{version} {self.name}".strip()

    @property
    def picture_url(self) -> str:
        """Where its picture is shown, to whoever may see it; empty when there is none."""
        return self.picture.url if self.picture else ""


class Product(Priced):
    """What comes out: a box, a booklet, a label, with its usual route and materials."""

    code = models.CharField(_("code"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=160)
    spec = models.CharField(_("specification"), max_length=160, blank=True)
    unit = models.CharField(_("unit"), max_length=20, default="个")
    unit_price = models.DecimalField(
        _("unit price"), max_digits=14, decimal_places=4, default=0, validators=[MinValueValidator(0)]
    )
    processes = models.ManyToManyField(
        Process, through="ProductProcess", related_name="products", verbose_name=_("usual processes")
    )
    materials = models.ManyToManyField(
        Material, through="ProductMaterial", related_name="products", verbose_name=_("usual materials")
    )
    is_active = models.BooleanField(_("active"), default=True)
    history = audited.records()

    money_fields = ("unit_price",)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.name} {self.spec}".strip()


class ProductProcess(models.Model):
    """One step of a product's usual route."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="route", verbose_name=_("product"))
    process = models.ForeignKey(Process, models.PROTECT, related_name="+", verbose_name=_("process"))
    sequence = models.PositiveSmallIntegerField(_("sequence"), default=0)
    history = audited.records()

    class Meta:
        verbose_name = _("usual process")
        verbose_name_plural = _("usual processes")
        ordering = ["sequence", "id"]

    def __str__(self) -> str:
        return str(self.process)


class ProductMaterial(models.Model):
    """One material of a product, and how much of it 1,000 pieces take."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="recipe", verbose_name=_("product"))
    material = models.ForeignKey(Material, models.PROTECT, related_name="+", verbose_name=_("material"))
    usage_per_thousand = models.DecimalField(
        _("usage per 1,000"), max_digits=12, decimal_places=2, validators=[MinValueValidator(0)]
    )
    history = audited.records()

    class Meta:
        verbose_name = _("usual material")
        verbose_name_plural = _("usual materials")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["product", "material"], name="product_material_once"),
        ]

    def __str__(self) -> str:
        return str(self.material)
