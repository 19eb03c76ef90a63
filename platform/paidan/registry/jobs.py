"""What takes too long for a page."""

import logging

from django.contrib.auth import get_user_model
from huey.contrib.djhuey import db_task

from paidan.registry import actions
from paidan.registry.models import Plugin
from paidan.testing import certify

log = logging.getLogger(__name__)


@db_task()
def check(plugin_id: int, by_id: int) -> None:
    """Try a plugin against the contract, in a process of its own, and keep what was found."""
    plugin = Plugin.objects.filter(pk=plugin_id, problem="").first()
    if plugin is None:
        return
    report = certify(plugin.group, plugin.name, settings={**plugin.settings, **plugin.secrets})
    actions.keep_certificate(plugin, report.as_json(), by=get_user_model().objects.filter(pk=by_id).first())
