"""The changing part of the start page, for pages that heard of a change."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import conditional_page, require_safe

from paidan.console import dashboard


@require_safe
@conditional_page
def _now(request: HttpRequest) -> HttpResponse:
    return render(request, "console/home_now.html", dashboard.now(request))


now = admin.site.admin_view(_now)
"""This person's numbers, charts and news as they stand; nothing at all when they are as the page has them."""
