"""The TLS proxy's configuration in `deploy/` does what `docs/tls.zh.md` says; with nginx at hand it is run."""

import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

CONF = (Path(settings.BASE_DIR) / "deploy/nginx.conf").read_text(encoding="utf-8")
NGINX = os.environ.get("PAIDAN_NGINX") or shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def said(name: str) -> list[str]:
    """What every directive of this name says."""
    return [" ".join(value.split()) for value in re.findall(rf"^\s*{name}\s+([^;]+);", CONF, re.M)]


def test_the_proxy_speaks_tls_1_2_and_1_3_only_with_forward_secrecy() -> None:
    assert said("ssl_protocols") == ["TLSv1.2 TLSv1.3"] * 2
    assert all(re.match(r"ECDHE-.*(GCM|CHACHA20)", cipher) for cipher in said("ssl_ciphers")[0].split(":"))


def test_plain_text_is_only_led_to_https() -> None:
    plain = CONF[CONF.index("listen 80") : CONF.index("listen 443 ssl http2")]

    assert "return 301 https://" in plain and "proxy_pass" not in plain


def test_what_a_client_says_of_itself_is_dropped() -> None:
    headers = dict(value.split(" ", 1) for value in said("proxy_set_header"))

    assert headers["X-Forwarded-Proto"] == "https" and headers["X-Forwarded-For"] == "$remote_addr"
    assert headers["Forwarded"] == headers["X-Forwarded-Host"] == '""'


def test_the_proxy_takes_what_the_house_takes_and_no_hidden_file() -> None:
    assert int(said("client_max_body_size")[0].removesuffix("m")) * 2**20 == settings.PAIDAN_MOST_BODY
    assert r"location ~ /\. { return 404; }" in CONF


# --- with nginx -----------------------------------------------------------------------------------
def free_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[int]:
    """The port of a running nginx with this configuration, a certificate made on the spot, and other ports."""
    if NGINX is None or not shutil.which("openssl"):
        pytest.skip("no nginx here: install Debian's `nginx`, or set PAIDAN_NGINX")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=paidan.example.cn",
         "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True,
    )  # fmt: skip
    tls, plain = free_port(), free_port()
    conf = re.sub(r"^\s*listen \[::\].*\n", "", CONF, flags=re.M)
    for old, new in (
        ("listen 443", f"listen 127.0.0.1:{tls}"), ("listen 80", f"listen 127.0.0.1:{plain}"),
        ("/etc/ssl/paidan/fullchain.pem", str(certificate)), ("/etc/ssl/paidan/privkey.pem", str(key)),
    ):  # fmt: skip
        conf = conf.replace(old, new)
    temporary = "".join(
        f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = tmp_path / "nginx.conf"
    main.write_text(
        f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error; events {{}}\n"
        f"http {{ access_log off; {temporary}\n{conf}\n}}\n",
        encoding="utf-8",
    )
    command = [NGINX, "-p", str(tmp_path), "-e", str(tmp_path / "error"), "-c", str(main)]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    server = subprocess.Popen(command)
    try:
        _wait_for(tls)
        yield tls
    finally:
        server.terminate()
        server.wait(10)


def _wait_for(port: int) -> None:
    for _n in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError


def shake_hands(port: int, version: ssl.TLSVersion, name: str = "paidan.example.cn") -> str | None:
    """The protocol that was agreed on; nothing when the door stays shut."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")  # or the client itself would refuse the old ones
    context.minimum_version = context.maximum_version = version
    try:
        with (
            socket.create_connection(("127.0.0.1", port), 5) as line,
            context.wrap_socket(line, server_hostname=name) as tls,
        ):
            return tls.version()
    except (ssl.SSLError, ConnectionError):
        return None


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_a_running_proxy_takes_tls_1_2_and_1_3_by_its_own_name_and_nothing_else(proxy: int) -> None:
    versions = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)

    assert [shake_hands(proxy, version) for version in versions] == [None, None, "TLSv1.2", "TLSv1.3"]
    assert shake_hands(proxy, ssl.TLSVersion.TLSv1_3, "another.example.cn") is None
