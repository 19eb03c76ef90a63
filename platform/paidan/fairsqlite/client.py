from django.db.backends.sqlite3.client import *  # noqa: F403  Django looks for its siblings beside `base`
