"""Which browser the tests and the pictures use, and how it is started."""

import os
import shutil

CHROMIUM = os.environ.get("PAIDAN_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
