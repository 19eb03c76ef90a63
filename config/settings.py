"""Every setting of Paidan. What a shop may want to change comes from the environment:

| variable | default | what it does |
|---|---|---|
| PAIDAN_VAR | ./var | folder for the database, the secret key, the pictures and the job queue of the embedded default |
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
| PAIDAN_REQUIRE_TOTP | none | comma-separated roles that must sign in with a second factor, e.g. admin,approver |
| PAIDAN_IDLE_MINUTES | 480 | a session ends after so long without a page; a tablet at a machine lasts a shift |
| PAIDAN_SESSION_HOURS | 24 | a session ends after so long whatever happens |
| PAIDAN_LOGIN_FAILURES | 5 | so many wrong passwords of one name from one address lock the two out |
| PAIDAN_LOCKOUT_MINUTES | 15 | for so long |
| PAIDAN_NOTICES_PER_HOUR | 60 | so many notifications ring for one person within an hour; more come quietly |
| PAIDAN_SAFE_MODE | 0 | 1 starts without any plugin but those that come with the house |
"""

import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

import dj_database_url
from django.urls import reverse_lazy
from django.utils.csp import CSP

from paidan.backoffice.theme import UNFOLD  # noqa: F401  how the console looks

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
    "huey.contrib.djhuey",  # `manage.py run_huey`, the worker beside servers that share a Redis
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
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
    "paidan.backoffice.requests.RequestIdMiddleware",
    "paidan.backoffice.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "paidan.people.middleware.SessionClock",
    "paidan.backoffice.limits.RateLimits",
    "paidan.people.viewing.ViewingAs",  # behind what counts for who signed in, before what acts as who is shown
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "axes.middleware.AxesMiddleware",
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
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": {"socket_connect_timeout": 0.3, "socket_timeout": 0.5},  # a hung Redis must not hang a page
        }
    }
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "paidan.backoffice.layers.PatientRedisLayer",
            "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": 0.5, "socket_connect_timeout": 0.3}]},
        }
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    CHANNEL_LAYERS = {"default": {"BACKEND": "paidan.backoffice.layers.HomeLayer"}}

# --- jobs: the embedded default keeps its queue in a file of its own, never in the database's -----------
HUEY: dict[str, Any] = {"name": "paidan", "immediate": False, "results": False}
if REDIS_URL:
    HUEY |= {"huey_class": "huey.PriorityRedisHuey", "url": REDIS_URL}
else:
    HUEY |= {"huey_class": "huey.SqliteHuey", "filename": str(VAR / "jobs.sqlite3")}

# --- what the server says: to its own error stream, where whoever runs it collects it --------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stream": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stream"], "level": "WARNING"},
    "loggers": {
        "paidan": {"level": "INFO"},
        "django.server": {"level": "WARNING"},
        "channels_redis.pubsub": {
            "level": "CRITICAL"
        },  # a traceback a second while Redis is away; the house says it once
    },
}

# --- people ---------------------------------------------------------------------------------------
AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: who is locked out is not even looked up
    "paidan.people.backends.PeopleBackend",
    "guardian.backends.ObjectPermissionBackend",
]
AUTH_PASSWORD_VALIDATORS = [  # length and popularity, no rule of composition: any characters will do
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name", "email")},
    },
    # The greatest length for which the list of popular passwords below still knows more than 3,000.
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 9}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ANONYMOUS_USER_NAME = None  # nobody sees anything without signing in
LOGIN_URL = reverse_lazy("admin:login")
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")
PAIDAN_REQUIRE_TOTP = env_list("PAIDAN_REQUIRE_TOTP")
OTP_TOTP_ISSUER = "Paidan"
PAIDAN_SAFE_MODE = env_flag("PAIDAN_SAFE_MODE")
PAIDAN_NOTICES_PER_HOUR = int(os.environ.get("PAIDAN_NOTICES_PER_HOUR", "60"))
PAIDAN_MAX_OPEN_TASKS = int(os.environ.get("PAIDAN_MAX_OPEN_TASKS", "10"))

# --- sessions: kept in the database, so that they outlive a cache and end when they are told to ----------
PAIDAN_IDLE_MINUTES = int(os.environ.get("PAIDAN_IDLE_MINUTES", "480"))
PAIDAN_SESSION_HOURS = int(os.environ.get("PAIDAN_SESSION_HOURS", "24"))
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = PAIDAN_SESSION_HOURS * 3600
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # no cookie of its own

# --- guessing: counted in the database, so that it works with a dead cache -------------------------------
AXES_HANDLER = "axes.handlers.database.AxesDatabaseHandler"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]  # a stranger elsewhere cannot lock a colleague out
AXES_FAILURE_LIMIT = int(os.environ.get("PAIDAN_LOGIN_FAILURES", "5"))
AXES_COOLOFF_TIME = timedelta(minutes=int(os.environ.get("PAIDAN_LOCKOUT_MINUTES", "15")))
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "paidan.people.views.locked_out"
AXES_ENABLE_ADMIN = False  # its pages are not the console's; `people.sign_ins` and `unlock` on a person are
AXES_ENABLE_ACCESS_FAILURE_LOG = True
AXES_ACCESS_FAILURE_LOG_PER_USER_LIMIT = 1000  # of one name; the older ones go
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "code", "csrfmiddlewaretoken"]  # what is kept of a failure

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
FORMAT_MODULE_PATH = "paidan.backoffice.formats"
USE_THOUSAND_SEPARATOR = True  # what a program reads in a page is written with |unlocalize

# --- files ----------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
MEDIA_ROOT = VAR / "media"  # pictures; no address serves this folder
WHITENOISE_USE_FINDERS = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
DATA_UPLOAD_MAX_NUMBER_FILES = 5
PAIDAN_MOST_BODY = 12 * 2**20  # a whole request, files included; a longer one is refused before it is kept

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
# Lax: a link to a task in a chat or a mail opens signed in; a foreign page's POST stays without the cookie.
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "paidan.backoffice.errors.csrf_failure"
SILENCED_SYSTEM_CHECKS = ["security.W019"]  # X_FRAME_OPTIONS above says why it is not DENY
if SECURE:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True
    # __Host-: the browser itself sees to it that no sister domain and no plain-text page can set these.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    LANGUAGE_COOKIE_NAME = "__Host-django_language"
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 31536000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
