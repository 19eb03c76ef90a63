"""Every setting of Paidan. What a shop may want to change comes from the environment:

| variable | default | what it does |
|---|---|---|
| PAIDAN_VAR | ./var | folder for the database, the secret key and the job queue of the embedded default |
| DATABASE_URL | SQLite in PAIDAN_VAR | e.g. postgres://user:password@host:5432/paidan |
| REDIS_URL | none: everything in one process | e.g. redis://host:6379/0 – cache, job queue and live channel |
| SECRET_KEY | made once, kept in PAIDAN_VAR | signs sessions |
| ALLOWED_HOSTS | localhost,127.0.0.1,[::1] | comma-separated host names |
| CSRF_TRUSTED_ORIGINS | none | comma-separated origins when served behind TLS, e.g. https://paidan.example.cn |
| DEBUG | 0 | 1 shows tracebacks; never in production |
| SECURE | 0 | 1 when served over https: secure cookies, HSTS, forwarded proto |
| LANGUAGE_CODE | zh-hans | the language before a person chooses one |
| TIME_ZONE | Asia/Shanghai | the time that people see; UTC is stored |
| PAIDAN_MAX_OPEN_TASKS | 10 | how many open tasks a new operator may hold |
| PAIDAN_SAFE_MODE | 0 | 1 starts without any plugin but those that come with the house |
"""

import os
import secrets
from pathlib import Path
from typing import Any

import dj_database_url
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("PAIDAN_VAR") or BASE_DIR / "var").resolve()


def env_list(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def env_flag(name: str) -> bool:
    return os.environ.get(name, "0").lower() in {"1", "true", "yes", "on"}


def kept_secret() -> str:
    """The embedded default's own key: made once, readable by its owner only."""
    VAR.mkdir(parents=True, exist_ok=True)
    path = VAR / "secret_key"
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(64))
    except FileExistsError:
        pass
    return path.read_text()


SECRET_KEY = os.environ.get("SECRET_KEY") or kept_secret()
DEBUG = env_flag("DEBUG")
SECURE = env_flag("SECURE")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")
REDIS_URL = os.environ.get("REDIS_URL", "")

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.guardian",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "guardian",
    "simple_history",
    "paidan.backoffice",
    "paidan.registry",
    "paidan.people",
    "paidan.catalog",
    "paidan.notices",
    "paidan.dispatch",
    "paidan.orders",
    "paidan.exchange",
    "paidan.console",
    "paidan.insight",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "paidan.backoffice.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "platform/paidan/backoffice/templates"],  # before unfold's own
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- database -------------------------------------------------------------------------------------
DATABASES: dict[str, Any] = {"default": dj_database_url.config(default=f"sqlite:///{VAR / 'paidan.sqlite3'}")}
DATABASE = DATABASES["default"]
if DATABASE["ENGINE"].endswith("sqlite3"):
    # IMMEDIATE: a transaction that reads first and writes later cannot fail half-way on another writer.
    DATABASE["ENGINE"] = "paidan.fairsqlite"
    DATABASE["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32000;"
        " PRAGMA mmap_size=134217728;",
    }
    Path(DATABASE["NAME"]).parent.mkdir(parents=True, exist_ok=True)
else:
    # Under ASGI each request has its own thread: a pool bounds the connections, CONN_MAX_AGE would leak them.
    DATABASE["CONN_MAX_AGE"] = 0
    DATABASE.setdefault("OPTIONS", {})["pool"] = {"min_size": 2, "max_size": 20}

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- one process, or Redis ------------------------------------------------------------------------
if REDIS_URL:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": 0.5, "socket_connect_timeout": 0.3}]},
        }
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

# --- jobs: the embedded default keeps its queue in a file of its own, never in the database's -----------
HUEY: dict[str, Any] = {"name": "paidan", "immediate": False, "results": False}
if REDIS_URL:
    HUEY |= {"huey_class": "huey.PriorityRedisHuey", "url": REDIS_URL}
else:
    HUEY |= {"huey_class": "huey.SqliteHuey", "filename": str(VAR / "jobs.sqlite3")}

# --- people ---------------------------------------------------------------------------------------
AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
ANONYMOUS_USER_NAME = None  # nobody sees anything without signing in
LOGIN_URL = reverse_lazy("admin:login")
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")
PAIDAN_SAFE_MODE = env_flag("PAIDAN_SAFE_MODE")
PAIDAN_MAX_OPEN_TASKS = int(os.environ.get("PAIDAN_MAX_OPEN_TASKS", "10"))

# --- history --------------------------------------------------------------------------------------
SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = True
SIMPLE_HISTORY_REVERT_DISABLED = True  # a revert would write past the actions
SIMPLE_HISTORY_ENFORCE_HISTORY_MODEL_PERMISSIONS = True

# --- language and time ----------------------------------------------------------------------------
LANGUAGE_CODE = os.environ.get("LANGUAGE_CODE", "zh-hans")
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "platform/paidan/locale"]
TIME_ZONE = os.environ.get("TIME_ZONE", "Asia/Shanghai")
USE_TZ = True

# --- files ----------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
WHITENOISE_USE_FINDERS = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

# --- safety ---------------------------------------------------------------------------------------
X_FRAME_OPTIONS = "SAMEORIGIN"  # unfold's pop-ups are frames of the same origin
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF, CSP.UNSAFE_EVAL],  # unfold's Alpine evaluates expressions; no inline script runs
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
    "img-src": [CSP.SELF, "data:"],
    "connect-src": [CSP.SELF],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.SELF],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.SELF],
}
SESSION_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
if SECURE:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 31536000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- the console ----------------------------------------------------------------------------------
UNFOLD = {
    "SITE_TITLE": _("Paidan"),
    "SITE_HEADER": _("Paidan"),
    "SITE_SUBHEADER": _("Create and it is assigned, approve and work starts"),
    "SITE_SYMBOL": "assignment_turned_in",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("paidan/favicon.svg")},
    ],
    "SHOW_LANGUAGES": True,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": [lambda request: static("paidan/paidan.css")],
    "SCRIPTS": [lambda request: static("paidan/paidan.js")],
    "DASHBOARD_CALLBACK": "paidan.console.dashboard.context",
    "COLORS": {
        "primary": {
            "50": "oklch(97.1% .014 240)",
            "100": "oklch(93.6% .032 240)",
            "200": "oklch(88.5% .062 242)",
            "300": "oklch(80.8% .105 244)",
            "400": "oklch(70.7% .145 247)",
            "500": "oklch(61% .165 250)",
            "600": "oklch(52% .17 253)",
            "700": "oklch(45.5% .155 255)",
            "800": "oklch(39.5% .13 257)",
            "900": "oklch(35% .1 258)",
            "950": "oklch(26% .07 260)",
        },
    },
    "SIDEBAR": {"show_search": False, "navigation": "paidan.console.sidebar.navigation"},
    "COMMAND": {"search_models": False, "show_history": False},
}
