"""A notifier that speaks to everything that the Apprise library knows."""

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from urllib.parse import quote

from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyResult
from apprise.plugins import url_to_dict
from apprise.plugins.base import NotifyBase

from paidan.contracts import Delivery, Message, Outcome, Words, setting
from paidan_apprise.robots import DingTalkRobot, WeComRobot

NOTHING_SET = "no address is set up: nobody can be reached this way"
NO_ADDRESS = "{name} has no address of the kind {kind}"
UNKNOWN_URL = "address {number} of the settings is not a URL that Apprise can use"
UNFIT = "the message is empty"
NOT_ALL = "sent, but not over address {numbers} of the settings"
OUT_OF_REACH = "{service} could not be reached, or did not answer in time"
BUSY = "{service} is out of order or busy ({number})"
REFUSED = "{service} refused the message ({number})"
FAILED = "{service} did not take the message and did not say why"

FIELD = re.compile(r"\{([\w-]+)\}")
TITLE_FIELDS = ("title", "name", "kind", "priority")

# What Apprise's services log when they fail: an HTTP status, or the platform's own code.
NUMBER = re.compile(r"\b(?:error|errcode|code)=(-?\d+)|\bfailed: (\d{3}) - ")
CONNECTION = re.compile(r"connection error|\bexception: ", re.IGNORECASE)

# “Busy”, “too many messages”: WeCom -1, 45009, 45033; DingTalk -1, 130101, 410100; Feishu 11232, 99991400.
BUSY_NUMBERS = frozenset({-1, 408, 429, 11232, 45009, 45033, 130101, 410100, 99991400})

ROBOTS: Mapping[str, type[NotifyBase]] = {"wecombot": WeComRobot, "dingtalk": DingTalkRobot}


@dataclass(frozen=True, repr=False)  # a repr would show the tokens in the URLs
class AppriseNotifier:
    """Tell people over WeCom, DingTalk, Feishu, e-mail, webhooks and the many other services that Apprise knows."""

    seconds = 30

    urls: tuple[str, ...] = setting(
        (),
        title="Addresses",
        help="Apprise URLs, one a line. {email}, {mobile} and other kinds of address are the recipient's, {id} is the message's.",
        secret=True,
    )
    title: str = setting("{title}", title="Title", help="May contain {title}, {name}, {kind} and {priority}.")
    timeout: int = setting(
        8, title="Seconds to wait", help="For all addresses together; then it is tried later.", minimum=1, maximum=25
    )

    def __post_init__(self) -> None:
        unknown = [field for field in FIELD.findall(self.title) if field not in TITLE_FIELDS]
        if unknown:
            raise ValueError(f"The title may contain {', '.join(TITLE_FIELDS)}, not {unknown[0]}.")

    def deliver(self, message: Message) -> Delivery:
        """Send one message to every address; it is delivered when one of them took it."""
        found = {number: self._service(number, url, message) for number, url in enumerate(self.urls, 1) if url.strip()}
        if not found:
            return Delivery.give_up(Words(NOTHING_SET))
        services = {number: service for number, service in found.items() if isinstance(service, NotifyBase)}
        problems = {number: problem for number, problem in found.items() if isinstance(problem, Delivery)}
        return summed_up(problems | self._sent(message, services) if services else problems)

    def _service(self, number: int, url: str, message: Message) -> NotifyBase | Delivery:
        recipient = message.recipient
        fields = {"id": message.id, **recipient.addresses}
        for kind in FIELD.findall(url):
            if not fields.get(kind):
                return Delivery.give_up(Words(NO_ADDRESS, name=recipient.name, kind=kind))
        quoted = {kind: quote(address, safe="") for kind, address in fields.items()}
        service = service_for(filled(url.strip(), quoted))
        if service is None:
            return Delivery.give_up(Words(UNKNOWN_URL, number=number))
        service.socket_connect_timeout = service.socket_read_timeout = float(self.timeout)
        service.request_rate_per_sec = 0.0  # a pause between the requests of one message would use up its time
        return service

    def _sent(self, message: Message, services: Mapping[int, NotifyBase]) -> dict[int, Delivery]:
        """Send to all at once. Apprise's own pool would keep its threads; these end with the message."""
        fields = {"title": message.title, "name": message.recipient.name, "kind": message.kind}
        title = filled(self.title, {**fields, "priority": str(message.priority)})
        body = "\n".join(part for part in (message.text, message.url) if part) or title
        pool = ThreadPoolExecutor(len(services), "apprise")
        running = {number: pool.submit(sent, service, title, body) for number, service in services.items()}
        late = wait(running.values(), self.timeout).not_done
        pool.shutdown(wait=not late)
        return {
            number: out_of_reach(str(services[number].service_name)) if future in late else future.result()
            for number, future in running.items()
        }


def service_for(url: str) -> NotifyBase | None:
    """What Apprise sends with for this URL, or None when it cannot use it."""
    # A redirected POST arrives as a GET, so a sign-in page would count as delivered.
    asset = AppriseAsset(app_id="Paidan", app_desc="Paidan 派单", http_redirects=False, service_timeout=0)
    parts = url_to_dict(url)
    if not parts:
        return None
    robot = ROBOTS.get(parts["schema"])
    if not robot:
        return Apprise.instantiate(parts, asset=asset)
    try:
        return robot(**parts, asset=asset)
    except Exception:  # as Apprise does for its own services
        return None


def filled(template: str, fields: Mapping[str, str]) -> str:
    """The template with each {field} that is known replaced."""
    return FIELD.sub(lambda found: fields.get(found[1], found[0]), template)


def sent(service: NotifyBase, title: str, body: str) -> Delivery:
    """Send to one service, and say what became of it."""
    apprise = Apprise()
    apprise.add(service)
    results = apprise.notify(body=body, title=title, body_format=NotifyFormat.TEXT).results
    return verdict(results[0]) if results else Delivery.give_up(Words(UNFIT))


def verdict(result: NotifyResult) -> Delivery:
    """What became of the message at one service. Only numbers are taken from the log: its words may hold a token."""
    if result:
        return Delivery.delivered()
    service = str(result.name)
    log = [entry.message for entry in result.logs()]
    if any(CONNECTION.search(line) for line in log):
        return out_of_reach(service)
    numbers = [int(found[1] or found[2]) for found in map(NUMBER.search, log) if found]
    if not numbers:
        return Delivery.retry_later(Words(FAILED, service=service))
    busy = [number for number in numbers if number in BUSY_NUMBERS or 500 <= number < 600]
    if busy:
        return Delivery.retry_later(Words(BUSY, service=service, number=busy[0]))
    return Delivery.give_up(Words(REFUSED, service=service, number=numbers[0]))


def out_of_reach(service: str) -> Delivery:
    """What there is to say of a service that has not answered."""
    return Delivery.retry_later(Words(OUT_OF_REACH, service=service))


def summed_up(answers: Mapping[int, Delivery]) -> Delivery:
    """One answer for all addresses: a person who was told once is told; else it is tried again while one may still work."""
    failed = [number for number in sorted(answers) if answers[number].outcome is not Outcome.DELIVERED]
    if len(failed) < len(answers):
        return Delivery.delivered(Words(NOT_ALL, numbers=", ".join(map(str, failed))) if failed else "")
    return next((answers[n] for n in failed if answers[n].outcome is Outcome.RETRY), answers[failed[0]])


WORDS = {
    "zh-hans": {
        "apprise": "Apprise 通知（企业微信、钉钉、飞书、邮件等）",
        "Tell people over WeCom, DingTalk, Feishu, e-mail, webhooks and the many other services that Apprise knows.": (
            "通过企业微信、钉钉、飞书、邮件、Webhook 以及 Apprise 支持的众多渠道通知相关人员。"
        ),
        "Addresses": "发送地址",
        "Apprise URLs, one a line. {email}, {mobile} and other kinds of address are the recipient's, {id} is the message's.": (
            "Apprise 地址，每行一个。{email}、{mobile} 等换成收件人的地址，{id} 换成消息编号。"
        ),
        "Title": "标题",
        "May contain {title}, {name}, {kind} and {priority}.": "可用 {title}、{name}、{kind}、{priority}。",
        "Seconds to wait": "等待秒数",
        "For all addresses together; then it is tried later.": "所有地址合计；超过则稍后重试。",
        NOTHING_SET: "没有设置发送地址，这种方式谁也通知不到",
        NO_ADDRESS: "{name} 没有填写 {kind} 地址",
        UNKNOWN_URL: "设置中的第 {number} 个地址 Apprise 无法使用",
        UNFIT: "消息是空的",
        NOT_ALL: "已发送，但设置中的第 {numbers} 个地址没有发出",
        OUT_OF_REACH: "{service} 连接不上，或没有及时回应",
        BUSY: "{service} 故障或繁忙（{number}）",
        REFUSED: "{service} 拒绝了这条消息（{number}）",
        FAILED: "{service} 没有接受这条消息，也没有说明原因",
    }
}
