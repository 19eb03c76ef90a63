from django.db.backends.sqlite3.schema import *  # noqa: F403  Django looks for its siblings beside `base`
