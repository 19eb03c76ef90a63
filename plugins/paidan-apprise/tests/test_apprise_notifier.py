"""People are told over whatever Apprise speaks; every test asks a real server on 127.0.0.1."""

import logging
import socketserver
import threading
import time
from dataclasses import FrozenInstanceError
from email import message_from_bytes, policy

import paidan_apprise
import pytest
import requests
from apprise import AppriseResultStatus, NotifyAttempt, NotifyLogEntry, NotifyResult
from apprise.plugins.email import NotifyEmail
from apprise.plugins.wechat import NotifyWeChat
from apprise_desk import ANN, HIDDEN, TASK, Desk, closed, deliver, serving
from hypothesis import given, settings
from hypothesis import strategies as some
from paidan_apprise import WORDS, AppriseNotifier, verdict

from paidan.contracts import (
    NOTIFIERS,
    BadSettings,
    Delivery,
    Outcome,
    Words,
    description,
    made,
    schema_of,
    translated,
)
from paidan.testing import certify, message, recipient


def test_a_webhook_gets_title_text_link_and_the_message_s_own_number(desk: Desk) -> None:
    answer = deliver(f"json://{desk.host}/hook?:id={{id}}")

    assert answer == Delivery.delivered()
    assert desk.got == [
        (
            "/hook",
            {
                "version": "1.0",
                "title": "新任务",
                "message": "印刷 <礼盒> 1,000 张\nhttps://paidan.example.cn/t/7",
                "attachments": [],
                "type": "info",
                "id": "m-1",
            },
        )
    ]


def test_addresses_of_the_recipient_are_filled_in_quoted(desk: Desk) -> None:
    deliver(f"json://{desk.host}/to?:email={{email}}&:mobile={{mobile}}&:u={{u}}&:other={{ }}")

    (path, got) = desk.got[0]
    assert path == "/to"
    assert {kind: got[kind] for kind in ("email", "mobile", "u", "other")} == {
        "email": "ann+shop@example.cn",
        "mobile": "13800138000",
        "u": "a b/c&d=1?#",
        "other": "{ }",
    }


def test_the_title_is_a_template(desk: Desk) -> None:
    deliver(f"json://{desk.host}", title="{name}：{title} ({kind}, {priority})")

    assert desk.got[0][1]["title"] == "Ann：新任务 (task_assigned, 2)"


def test_a_title_with_an_unknown_field_is_refused() -> None:
    with pytest.raises(BadSettings, match=r"^The title may contain title, name, kind, priority, not nmae\.$"):
        made(AppriseNotifier, {"title": "{nmae}"})


@pytest.mark.parametrize("urls", [(), ("", "  ")])
def test_without_an_address_it_gives_up(urls: tuple[str, ...]) -> None:
    assert deliver(*urls) == Delivery.give_up("no address is set up: nobody can be reached this way")


@pytest.mark.parametrize("kind", ["wecom", "pager"])
def test_an_address_that_the_recipient_does_not_have_gives_up_and_names_the_kind(desk: Desk, kind: str) -> None:
    answer = deliver(f"json://{desk.host}/{{{kind}}}")

    assert answer == Delivery.give_up(f"Ann has no address of the kind {kind}")
    assert desk.got == []


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/plain",
        "smoke://signals",
        "no url at all",
        "wecombot://!!",
        "dingtalk://a_b",
        "mailto://nowhere",
        "json://",
    ],
)
def test_a_url_that_apprise_cannot_use_gives_up_and_names_the_line(url: str) -> None:
    answer = deliver("", url)

    assert answer == Delivery.give_up("address 2 of the settings is not a URL that Apprise can use")


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_a_server_that_is_busy_or_broken_is_tried_again(desk: Desk, status: int) -> None:
    desk.status = status

    answer = deliver(f"json://user:{HIDDEN}@{desk.host}/{HIDDEN}")

    assert answer == Delivery.retry_later(f"JSON is out of order or busy ({status})")
    assert len(desk.got) == 1


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 410])
def test_a_server_that_refuses_is_not_tried_again(desk: Desk, status: int) -> None:
    desk.status = status

    answer = deliver(f"json://user:{HIDDEN}@{desk.host}/{HIDDEN}")

    assert answer == Delivery.give_up(f"JSON refused the message ({status})")
    assert len(desk.got) == 1


def test_a_closed_port_is_tried_again() -> None:
    answer = deliver(f"json://user:{HIDDEN}@{closed()}/{HIDDEN}")

    assert answer == Delivery.retry_later("JSON could not be reached, or did not answer in time")


def test_a_server_that_hangs_is_left_in_time_and_tried_again(desk: Desk) -> None:
    desk.hang = True
    began = time.monotonic()

    answer = deliver(f"json://{desk.host}/{HIDDEN}", f"json://{desk.host}/{HIDDEN}/again", timeout=1)

    assert answer == Delivery.retry_later("JSON could not be reached, or did not answer in time")
    assert time.monotonic() - began < 5


def test_the_seconds_to_wait_are_for_every_socket_too(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[float, float]] = []

    def request(*_: object, timeout: tuple[float, float], **__: object) -> None:
        asked.append(timeout)
        raise requests.ConnectTimeout

    monkeypatch.setattr(requests, "request", request)

    assert deliver("json://127.0.0.1", timeout=9).outcome is Outcome.RETRY
    assert asked == [(9.0, 9.0)]


def test_no_thread_is_left_behind(desk: Desk) -> None:
    before = set(threading.enumerate())

    deliver(f"json://{desk.host}", f"json://{closed()}")

    pools = ("apprise", "ThreadPoolExecutor")
    left = set(threading.enumerate()) - before
    assert [thread.name for thread in left if thread.name.startswith(pools)] == []


def test_a_server_that_answers_drop_by_drop_is_left_in_time_too() -> None:
    class Dripping(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            for drop in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"." * 10:
                try:
                    self.request.sendall(bytes([drop]))
                except OSError:
                    return
                time.sleep(0.2)

    with serving(socketserver.ThreadingTCPServer, Dripping) as host:
        began = time.monotonic()

        assert deliver(f"json://{host}/", timeout=1).outcome is Outcome.RETRY
        assert time.monotonic() - began < 5


def test_one_person_is_told_by_a_wecom_application(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NotifyWeChat, "token_url", f"http://{desk.host}/gettoken")
    monkeypatch.setattr(NotifyWeChat, "notify_url", f"http://{desk.host}/send")
    desk.words = {"errcode": 0, "access_token": "t", "expires_in": 7200}
    notifier = AppriseNotifier(urls=("wechat://corp:secret@1000002/@{wecom}",), timeout=3)

    answer = notifier.deliver(message(recipient=recipient(addresses={"wecom": "WangFang"})))

    assert answer == Delivery.delivered()
    assert desk.got[-1][0] == "/send?access_token=t"
    assert desk.got[-1][1]["touser"] == "WangFang"


def test_an_e_mail_goes_to_the_recipient_and_shows_the_text_as_it_is() -> None:
    commands: list[bytes] = []
    mails: list[bytes] = []

    class Postman(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            for line in self.rfile:
                commands.append(line.strip())
                if line.startswith(b"data"):
                    self.wfile.write(b"354 go on\r\n")
                    mails.append(b"".join(iter(self.rfile.readline, b".\r\n")))
                self.wfile.write(b"221 bye\r\n" if line.startswith(b"quit") else b"250 well\r\n")
                if line.startswith(b"quit"):
                    return

    with serving(socketserver.ThreadingTCPServer, Postman) as host:
        answer = deliver(f"mailto://{host}?mode=insecure&from=paidan@example.cn&to={{email}}")

    assert answer == Delivery.delivered()
    assert b"rcpt to:<ann+shop@example.cn>" in commands
    mail = message_from_bytes(mails[0], policy=policy.default)
    assert (mail["Subject"], mail["To"]) == ("新任务", "ann+shop@example.cn")
    assert mail.get_content().splitlines() == ["印刷 <礼盒> 1,000 张", "https://paidan.example.cn/t/7"]


def test_a_mail_server_that_is_away_is_tried_again() -> None:
    url = f"mailto://user:{HIDDEN}@{closed()}?mode=insecure&from=paidan@example.cn&to={{email}}"

    assert deliver(url) == Delivery.retry_later(
        f"{NotifyEmail.service_name} could not be reached, or did not answer in time"
    )


def test_a_person_who_was_told_over_one_address_is_told(desk: Desk) -> None:
    answer = deliver(f"json://{closed()}", f"json://{desk.host}", f"json://{desk.host}/{{pager}}", "smoke://signals")

    assert answer == Delivery.delivered("sent, but not over address 1, 3, 4 of the settings")
    assert len(desk.got) == 1


def test_while_one_address_may_still_work_it_is_tried_again(desk: Desk) -> None:
    desk.status = 403

    answer = deliver(f"json://{desk.host}", "smoke://signals", f"json://{closed()}")

    assert answer == Delivery.retry_later("JSON could not be reached, or did not answer in time")


def test_an_empty_message_gives_up(desk: Desk) -> None:
    notifier = AppriseNotifier(urls=(f"json://{desk.host}",))

    assert notifier.deliver(message(title="", text="")) == Delivery.give_up("the message is empty")
    assert desk.got == []


@settings(deadline=None)
@given(some.lists(some.text() | some.sampled_from(["error=500", "code=7", "Connection error", "failed: 404 - no"])))
def test_no_word_of_a_log_ever_reaches_a_reason(lines: list[str]) -> None:
    log = [NotifyLogEntry("WARNING", f"{line} {HIDDEN}") for line in lines]
    result = NotifyResult("Robot", "", attempts=[NotifyAttempt(AppriseResultStatus.FAILURE, logs=log)])

    answer = verdict(result)

    assert answer.outcome is not Outcome.DELIVERED
    assert isinstance(answer.reason, Words) and answer.reason.template in WORDS["zh-hans"]
    assert HIDDEN not in answer.reason
    assert {*map(type, answer.reason.values.values())} <= {str, int} and answer.reason.values["service"] == "Robot"


def test_a_failure_without_a_word_is_tried_again() -> None:
    result = NotifyResult("Robot", "", attempts=[NotifyAttempt(AppriseResultStatus.FAILURE)])

    assert verdict(result) == Delivery.retry_later("Robot did not take the message and did not say why")


def test_where_apprise_may_not_log_every_failure_is_tried_again(desk: Desk) -> None:
    desk.status = 403
    logger = logging.getLogger("apprise")
    logger.setLevel(logging.ERROR)
    try:
        answer = deliver(f"json://{desk.host}")
    finally:
        logger.setLevel(logging.NOTSET)

    assert answer == Delivery.retry_later("JSON did not take the message and did not say why")


def test_urls_are_secret_and_not_shown_by_accident() -> None:
    notifier = AppriseNotifier(urls=(f"json://{HIDDEN}",))

    assert schema_of(AppriseNotifier)["properties"]["urls"]["writeOnly"] is True
    assert HIDDEN not in f"{notifier!r} {notifier}"
    assert made(AppriseNotifier, {"urls": [f"json://{HIDDEN}"]}) == notifier


def test_settings_and_messages_cannot_be_changed(desk: Desk) -> None:
    deliver(f"json://{desk.host}")

    assert TASK.recipient.addresses == ANN.addresses
    with pytest.raises(FrozenInstanceError):
        AppriseNotifier().timeout = 1  # type: ignore[misc]


def test_everything_that_is_shown_has_chinese_words() -> None:
    said = schema_of(AppriseNotifier)["properties"].values()
    shown = {"apprise", description(AppriseNotifier)}
    shown |= {words for setting in said for words in (setting["title"], setting["description"])}
    reasons = "NOTHING_SET NO_ADDRESS UNKNOWN_URL UNFIT NOT_ALL OUT_OF_REACH BUSY REFUSED FAILED"
    shown |= {getattr(paidan_apprise, name) for name in reasons.split()}

    assert set(WORDS["zh-hans"]) == shown


def test_reasons_keep_what_a_translation_needs(desk: Desk) -> None:
    desk.status = 403
    reason = deliver(f"json://{desk.host}").reason

    assert isinstance(reason, Words)
    assert (translated(AppriseNotifier, reason.template, "zh-hans") or "").format(**reason.values) == (
        "JSON 拒绝了这条消息（403）"
    )


def test_it_conforms(desk: Desk) -> None:
    report = certify(NOTIFIERS, "apprise", settings={"urls": [f"json://{desk.host}"]})

    assert report.ok, report.text()
