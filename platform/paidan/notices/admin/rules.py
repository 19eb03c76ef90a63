"""The rules that say whom the shop tells of what, and what one of them would have done."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectMultipleWidget,
    UnfoldAdminTextareaWidget,
)

from paidan.backoffice.admin import ScopedModelAdmin
from paidan.contracts import NOTIFIERS
from paidan.notices import facts
from paidan.notices.conditions import FACTS
from paidan.notices.models import Event, Rule
from paidan.notices.models.events import WORDS, sentence
from paidan.notices.models.rules import audiences
from paidan.notices.trial import trial
from paidan.people.models import User
from paidan.people.staff import staff
from paidan.registry import engine as registry

DAYS = 7
MOST_EVENTS, SHOWN = 2_000, 50


class RuleForm(forms.ModelForm):  # type: ignore[type-arg]
    """A rule, with ticks for whom and where."""

    audience = forms.MultipleChoiceField(
        label=_("Whom to tell"),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("Nobody is told of what he or she may not see, or of own deeds."),
    )
    people = forms.TypedMultipleChoiceField(
        label=_("Also these people"), required=False, coerce=int, widget=UnfoldAdminSelectMultipleWidget
    )
    channels = forms.MultipleChoiceField(
        label=_("Channels"),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("Besides the inbox, which has everything. Notifiers are plugins; switched off ones send nothing."),
    )

    class Meta:
        model = Rule
        fields = (
            "name", "enabled", "kind", "condition", "audience", "people", "channels", "priority", "digest", "title",
            "text",
        )  # fmt: skip
        widgets = {"condition": UnfoldAdminTextareaWidget(attrs={"rows": 2, "spellcheck": "false"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in self._choices().items():
            if name in self.fields:
                self.fields[name].choices = choices  # type: ignore[attr-defined]

    def _choices(self) -> dict[str, list[tuple[Any, Any]]]:
        chosen = self.instance.channels or []
        channels = [(name, title) for name, title in registry.choices(NOTIFIERS) if name != "inbox"]
        gone = [(name, name) for name in chosen if name not in dict(channels)]
        people = User.objects.filter(is_active=True).order_by("name", "username")
        return {
            "audience": audiences(),
            "channels": [*channels, *gone],
            "people": [(person.pk, str(person)) for person in people],
        }

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("enabled") and not cleaned.get("audience") and not cleaned.get("people"):
            self.add_error("audience", _("Say whom to tell, or leave the rule switched off."))
        return cleaned


@admin.register(Rule)
class RuleAdmin(SimpleHistoryAdmin, ScopedModelAdmin):  # type: ignore[misc]
    form = RuleForm
    list_display = ("title_of", "enabled", "kind", "whom", "by_channels")
    list_display_links = ("title_of",)
    list_editable = ("enabled",)
    list_filter = (("kind", ChoicesDropdownFilter), ("enabled", BooleanRadioFilter))
    search_fields = ("name", "condition", "text")
    fieldsets = (
        (None, {"fields": ("name", ("kind", "enabled"), "condition", "facts")}),
        (_("Whom to tell"), {"fields": ("audience", "people")}),
        (_("How"), {"fields": ("channels", ("priority", "digest"))}),
        (_("In which words"), {"fields": ("title", "text", "words")}),
    )
    readonly_fields = ("facts", "words")
    actions_detail = ("try_out",)

    @display(description=_("rule"), ordering="kind")
    def title_of(self, rule: Rule) -> str:
        return str(rule)

    @display(description=_("whom to tell"))
    def whom(self, rule: Rule) -> str:
        names = dict(audiences())
        return _(", ").join(str(names.get(word, word)) for word in rule.audience) or "—"

    @display(description=_("channels"))
    def by_channels(self, rule: Rule) -> str:
        return _(", ").join(rule.channels) or "—"

    @display(description=_("facts to ask about"))
    def facts(self, rule: Rule) -> str:
        return "\n".join(f"{name}: {meaning}" for name, meaning in FACTS.items())

    @display(description=_("words to put in"))
    def words(self, rule: Rule) -> str:
        return "\n".join(f"%({name})s: {meaning}" for name, meaning in WORDS.items())

    def has_try_out_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request)

    @action(description=_("Who would have been told?"), permissions=["try_out"], url_path="trial", icon="experiment")
    def try_out(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The last seven days by this rule, switched on or not."""
        rule = self.must_exist(request, object_id)
        since = timezone.now() - timedelta(days=DAYS)
        events = Event.objects.filter(kind=rule.kind, at__gte=since).select_related("by").order_by("-id")
        done = trial(facts.facts_of(rule), events[:MOST_EVENTS], staff(), timezone.localtime())
        names = User.objects.in_bulk([pk for pk, _count in done.people])
        most = max((count for _pk, count in done.people), default=1)
        return render(request, "notices/trial.html", {
            **self.admin_site.each_context(request),
            "title": _("Who would have been told by “%(rule)s”?") % {"rule": rule},
            "rule": rule,
            "opts": self.opts,
            "days": DAYS,
            "trial": done,
            "people": [(names[pk], count, round(100 * count / most)) for pk, count in done.people],
            "cases": [
                {
                    "event": case.event,
                    "answer": case.answer,
                    "told": [
                        (names[note.person], note.text or sentence(rule.kind, case.event.values)) for note in case.notes
                    ],
                }
                for case in done.cases[:SHOWN]
            ],
            "more": max(0, len(done.cases) - SHOWN),
        })  # fmt: skip

    def has_delete_permission(self, request: HttpRequest, obj: Rule | None = None) -> bool:
        """A rule of the house is switched off, not deleted: it would be there again after the next update."""
        return super().has_delete_permission(request, obj) and not (obj and obj.built_in)
