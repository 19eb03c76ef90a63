"""What people, and too many failures, do with plugins."""

from collections.abc import Mapping
from typing import Any

from django.db import models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from jsonschema import Draft202012Validator

from paidan import audited
from paidan.contracts import BadSettings, schema_of
from paidan.errors import Fault, Refused
from paidan.registry import engine
from paidan.registry.loader import Found, found, usable
from paidan.registry.models import Epoch, Plugin


def sync() -> list[Plugin]:
    """Make the rows match what is installed here; returns those that changed. The same again changes nothing."""
    rows = {(row.group, row.name, row.distribution): row for row in Plugin.objects.all()}
    changed = []
    for one in found():
        row = rows.pop((one.group, one.name, one.distribution), None)
        values = {"version": one.version[:40], "problem": one.problem, "error": one.error}
        if row is None:
            changed.append(_new(one))
        elif any(getattr(row, name) != value for name, value in values.items()):
            changed.append(_set(row, by=None, why=_("found installed"), **values))
    for row in rows.values():
        if row.problem != Plugin.Problem.GONE:
            gone = {"problem": Plugin.Problem.GONE, "error": ""}
            changed.append(_set(row, by=None, why=_("no longer installed"), **gone))
    return changed


def row_of(group: str, name: str, distribution: str) -> Plugin:
    """The row of a plugin that was found; made when nobody looked yet."""
    row = Plugin.objects.filter(group=group, name=name, distribution=distribution).first()
    return row or _new(next(one for one in found() if (*one.key, one.distribution) == (group, name, distribution)))


@transaction.atomic
def switch(plugin: Plugin, *, on: bool, by: models.Model | None, because: str = "") -> Plugin:
    """Switch a plugin on or off; every process follows within two seconds. What used it falls back on the house."""
    row = _locked(plugin)
    if row.built_in and not on:
        raise Refused(_("%(plugin)s comes with the house; others fall back on it.") % {"plugin": row}, "built_in")
    if on and row.problem:
        raise Refused(
            _("%(plugin)s %(problem)s. Mend that first.") % {"plugin": row, "problem": row.get_problem_display()},
            "broken",
        )
    if row.enabled == on:
        return row
    because = "" if on else (because.strip() or _("switched off by hand"))[:300]
    words = _("switched on") if on else because
    told = timezone.now() if by else None  # what nobody did by hand, the administrators have to be told
    return _set(row, by=by, why=words, enabled=on, switched_off_because=because, failures_in_row=0, told_at=told)


@transaction.atomic
def configure(plugin: Plugin, settings: Mapping[str, Any], *, by: models.Model | None) -> Plugin:
    """Give a plugin its settings; secrets that are left out stay as they are. Refused with everything that is wrong."""
    row = _locked(plugin)
    one = usable(row.group).get(row.name)
    if one is None or one.distribution != row.distribution:
        raise Refused(_("%(plugin)s cannot be used, so it has no settings.") % {"plugin": row}, "broken")
    secret = _secrets(one)
    wanted = _with_kept(row, secret, settings)
    if faults := [Fault("bad_settings", f"{name}: {text}" if name else text) for name, text in _faults(one, wanted)]:
        raise Refused.because(faults, "bad_settings")
    open_ones = {name: value for name, value in wanted.items() if name not in secret}
    secrets = {name: value for name, value in wanted.items() if name in secret}
    moved = [name for name in sorted(secret) if secrets.get(name) != row.secrets.get(name)]
    why = _("settings; new secret: %(names)s") % {"names": ", ".join(moved)} if moved else _("settings")
    return _set(row, by=by, why=why, settings=open_ones, secrets=secrets)


def keep_certificate(plugin: Plugin, report: Mapping[str, Any], *, by: models.Model | None) -> Plugin:
    """Keep what the conformance kit found, for the page that shows it."""
    return _set(plugin, by=by, why=_("checked against the contract"), certificate=dict(report))


def mark_told(ids: list[int]) -> None:
    """Remember that the administrators know which plugins were switched off."""
    Plugin.objects.filter(pk__in=ids).update(told_at=timezone.now())


def settings_faults(plugin: Plugin, settings: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is wrong with settings before they are saved: the name of each, or none, and a sentence."""
    one = usable(plugin.group).get(plugin.name)
    return _faults(one, _with_kept(plugin, _secrets(one), settings)) if one else []


def _secrets(one: Found) -> set[str]:
    return {name for name, said in schema_of(one.plugin).get("properties", {}).items() if said.get("writeOnly")}


def _with_kept(row: Plugin, secret: set[str], settings: Mapping[str, Any]) -> dict[str, Any]:
    return {**{name: row.secrets[name] for name in secret & row.secrets.keys()}, **settings}


def _faults(one: Found, wanted: Mapping[str, Any]) -> list[tuple[str, str]]:
    """By the schema first, then by the plugin itself, which may refuse what it is made with."""
    errors = Draft202012Validator(schema_of(one.plugin)).iter_errors(dict(wanted))
    faults = [(str(error.path[0]) if error.path else "", error.message) for error in errors]
    if not faults:
        try:
            engine.prepared(one, wanted)
        except BadSettings as problem:
            faults.append(("", str(problem)))
    return sorted(faults)


def _new(one: Found) -> Plugin:
    row = Plugin(
        group=one.group, name=one.name[:60], distribution=one.distribution[:100], version=one.version[:40],
        problem=one.problem, error=one.error,
    )  # fmt: skip
    return audited.insert_one(row, by=None, why=_("found installed"))


def _locked(plugin: Plugin) -> Plugin:
    row = Plugin.objects.select_for_update().filter(pk=plugin.pk).first()
    if row is None:
        raise Refused(_("This plugin is no longer known here."), "gone")
    return row


def _set(row: Plugin, *, by: models.Model | None, why: str, **values: Any) -> Plugin:
    """Write, and move the epoch, so that every process looks again."""
    with transaction.atomic():
        if not Epoch.objects.filter(pk=1).update(number=F("number") + 1):
            Epoch.objects.bulk_create([Epoch(pk=1, number=1)], ignore_conflicts=True)
        audited.update(Plugin, [row.pk], by=by, why=why, **values)
        transaction.on_commit(engine.forget, robust=True)
    engine.forget()
    row.refresh_from_db()
    return row
