from paidan.backoffice.formats import *  # noqa: F403
