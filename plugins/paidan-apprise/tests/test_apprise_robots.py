"""Group robots say HTTP 200 also when they refuse; what they say inside counts."""

import base64
import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.lark import NotifyLark
from apprise_desk import HIDDEN, Desk, closed, deliver
from paidan_apprise.robots import DingTalkRobot, WeComRobot

from paidan.contracts import Delivery, Outcome


def answered(outcome: Outcome, service: object, said: str) -> Delivery:
    return Delivery(outcome, f"{service} {said}" if said else "")


OK, BUSY, NO = Outcome.DELIVERED, Outcome.RETRY, Outcome.GAVE_UP
ROBOTS_SAY = [
    ({"errcode": 0, "errmsg": "ok"}, OK, ""),
    ({}, OK, ""),
    ({"errcode": -1, "errmsg": "busy"}, BUSY, "is out of order or busy (-1)"),
]


@pytest.mark.parametrize(
    ("words", "outcome", "said"),
    [
        *ROBOTS_SAY,
        ({"errcode": 45009, "errmsg": f"freq {HIDDEN}"}, BUSY, "is out of order or busy (45009)"),
        ({"errcode": 93000, "errmsg": "invalid webhook url"}, NO, "refused the message (93000)"),
    ],
)
@pytest.mark.parametrize("url", ["wecombot://{key}", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={key}"])
def test_what_a_wecom_robot_says_inside_http_200_counts(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, words: dict[str, Any], outcome: Outcome, said: str, url: str
) -> None:
    monkeypatch.setattr(WeComRobot, "notify_url", f"http://{desk.host}/cgi-bin/webhook/send?key={{key}}")
    desk.words = words

    answer = deliver(url.replace("{key}", HIDDEN))

    assert answer == answered(outcome, "WeCom Bot", said)
    text = "新任务\r\n印刷 <礼盒> 1,000 张\nhttps://paidan.example.cn/t/7"
    assert desk.got == [
        (f"/cgi-bin/webhook/send?key={HIDDEN}", {"msgtype": "text", "text": {"content": text}}),
    ]


@pytest.mark.parametrize(
    ("words", "outcome", "said"),
    [
        *ROBOTS_SAY,
        ({"errcode": 130101, "errmsg": "send too fast"}, BUSY, "is out of order or busy (130101)"),
        ({"errcode": 310000, "errmsg": "sign not match"}, NO, "refused the message (310000)"),
    ],
)
def test_what_a_dingtalk_robot_says_inside_http_200_counts(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, words: dict[str, Any], outcome: Outcome, said: str
) -> None:
    monkeypatch.setattr(DingTalkRobot, "notify_url", f"http://{desk.host}/robot/send?access_token={{token}}")
    desk.words = words

    answer = deliver(f"dingtalk://{HIDDEN}/{{mobile}}")

    assert answer == answered(outcome, "DingTalk", said)
    text = "新任务\n印刷 <礼盒> 1,000 张\nhttps://paidan.example.cn/t/7"
    assert desk.got == [
        (
            f"/robot/send?access_token={HIDDEN}",
            {
                "msgtype": "text",
                "text": {"content": text},
                "at": {"atMobiles": ["13800138000"], "isAtAll": False},
            },
        )
    ]


def test_a_dingtalk_signature_is_quoted_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DingTalkRobot, "notify_url", f"http://{desk.host}/robot/send?access_token={{token}}")

    deliver("dingtalk://SECabc@token")

    asked = parse_qs(urlsplit(desk.got[0][0]).query)
    signed = hmac.new(b"SECabc", f"{asked['timestamp'][0]}\nSECabc".encode(), hashlib.sha256).digest()
    assert asked["access_token"] == ["token"]
    assert asked["sign"] == [base64.b64encode(signed).decode()]


@pytest.mark.parametrize(("robot", "url"), [(WeComRobot, "wecombot://key"), (DingTalkRobot, "dingtalk://token")])
def test_robots_that_are_down_are_tried_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, robot: Any, url: str
) -> None:
    desk.status = 502
    monkeypatch.setattr(robot, "notify_url", f"http://{desk.host}/")
    broken = deliver(url)
    monkeypatch.setattr(robot, "notify_url", f"http://{closed()}/")
    away = deliver(url)

    assert broken == Delivery.retry_later(f"{robot.service_name} is out of order or busy (502)")
    assert away == Delivery.retry_later(f"{robot.service_name} could not be reached, or did not answer in time")


@pytest.mark.parametrize(
    ("words", "outcome", "said"),
    [
        ({"code": 0}, OK, ""),
        ({"code": 11232, "msg": "frequency limited"}, BUSY, "is out of order or busy (11232)"),
        ({"code": 19001, "msg": f"invalid {HIDDEN}"}, NO, "refused the message (19001)"),
    ],
)
@pytest.mark.parametrize(("service", "slash"), [(NotifyFeishu, "{token}/"), (NotifyLark, "")])
def test_what_feishu_and_lark_say_inside_http_200_counts(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    words: dict[str, Any],
    outcome: Outcome,
    said: str,
    service: Any,
    slash: str,
) -> None:
    monkeypatch.setattr(service, "notify_url", f"http://{desk.host}/hook/{slash}")
    desk.words = words

    answer = deliver(f"{service.secure_protocol}://{HIDDEN}")

    assert answer == answered(outcome, service.service_name, said)
    assert desk.got[0][0].strip("/") == f"hook/{HIDDEN}"


@pytest.mark.parametrize(("status", "outcome"), [(500, Outcome.RETRY), (429, Outcome.RETRY), (404, Outcome.GAVE_UP)])
def test_lark_which_logs_in_words_of_its_own_is_understood(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, status: int, outcome: Outcome
) -> None:
    monkeypatch.setattr(NotifyLark, "notify_url", f"http://{desk.host}/hook/")
    desk.status = status
    answer = deliver(f"lark://{HIDDEN}")
    monkeypatch.setattr(NotifyLark, "notify_url", f"http://{closed()}/hook/")
    away = deliver(f"lark://{HIDDEN}")

    assert answer.outcome is outcome and answer.reason.endswith(f"({status})")
    assert away == Delivery.retry_later(f"{NotifyLark.service_name} could not be reached, or did not answer in time")
