"""The application that a server runs: pages, the live channel, and the job consumer when everything is one process."""

import os
import warnings
from typing import Any

# whitenoise hands small local files to ASGI as plain iterators; Django bridges them, and says so each time.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from channels.sessions import SessionMiddlewareStack
from django.core.asgi import get_asgi_application
from django.urls import path

http: Any = get_asgi_application()

from paidan.backoffice.bounded import bounded
from paidan.backoffice.embedded import with_lifespan
from paidan.notices.consumers import Live

sockets: Any = URLRouter([path("ws/notifications/", Live.as_asgi())])
live = AllowedHostsOriginValidator(SessionMiddlewareStack(sockets))
application = with_lifespan(ProtocolTypeRouter({"http": bounded(http), "websocket": live}))
