"""The application that a server runs: HTTP now, the job consumer too when everything is one process."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

http = get_asgi_application()

from paidan.backoffice.embedded import with_lifespan  # noqa: E402  needs the app registry

application = with_lifespan(ProtocolTypeRouter({"http": http}))
