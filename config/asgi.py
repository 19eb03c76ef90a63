"""The application that a server runs: HTTP now, the job consumer too when everything is one process."""

import os
import warnings
from typing import Any

# whitenoise hands small local files to ASGI as plain iterators; Django bridges them, and says so each time.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

http: Any = get_asgi_application()

from paidan.backoffice.bounded import bounded
from paidan.backoffice.embedded import with_lifespan

application = with_lifespan(ProtocolTypeRouter({"http": bounded(http)}))
