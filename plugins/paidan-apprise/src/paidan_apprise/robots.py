"""The group robots of WeCom and DingTalk, read to the end: they say HTTP 200 also when they refuse.

Apprise 2.3 looks at the HTTP status only, and quotes DingTalk's signature twice. Both would lose messages without a word.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import requests
from apprise import NotifyFormat, NotifyType
from apprise.plugins.base import NotifyBase
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.wecombot import NotifyWeComBot


class WeComRobot(NotifyWeComBot):
    """A group robot of WeCom 企业微信."""

    def send(self, body: str, title: str = "", notify_type: NotifyType = NotifyType.INFO, **kwargs: Any) -> bool:
        """Post one text to the group; true when the robot says that it took it."""
        return posted(self, self.api_url, {"msgtype": "text", "text": {"content": body}})


class DingTalkRobot(NotifyDingTalk):
    """A group robot of DingTalk 钉钉."""

    def send(
        self,
        body: str,
        title: str = "",
        notify_type: NotifyType = NotifyType.INFO,
        body_format: NotifyFormat | None = None,
        **kwargs: Any,
    ) -> bool:
        """Post one text to the group; true when the robot says that it took it."""
        text = f"{title}\n{body}" if title else body
        at = {"atMobiles": self.targets, "isAtAll": False}
        signed = dict(zip(("timestamp", "sign"), self.get_signature(), strict=True)) if self.secret else {}
        params = {name: unquote(value) for name, value in signed.items()}  # it comes quoted, and is quoted again below
        url = self.notify_url.format(token=self.token)
        return posted(self, url, {"msgtype": "text", "text": {"content": text}, "at": at}, params)


def posted(robot: NotifyBase, url: str, words: Mapping[str, Any], params: Mapping[str, str] | None = None) -> bool:
    """Post to a robot and read its answer; what went wrong is logged in the words that Apprise's own services use."""
    robot.throttle()
    try:
        answer = requests.post(
            url,
            json=words,
            params=params,
            headers={"User-Agent": robot.app_id},
            verify=robot.verify_certificate,
            timeout=robot.request_timeout,
            allow_redirects=robot.redirects,
        )
    except requests.RequestException:
        robot.logger.warning("A Connection error occurred sending %s notification.", robot.service_name)
        return False
    if answer.status_code != requests.codes.ok:
        robot.logger.warning("Failed to send %s notification: error=%s.", robot.service_name, answer.status_code)
        return False
    code = error_code(answer)
    if code:
        robot.logger.warning("%s rejected our notification: code=%s", robot.service_name, code)
    return not code


def error_code(answer: requests.Response) -> int:
    """What a robot says in `errcode`; 0 is well, and so is an answer that has none."""
    try:
        said = answer.json()
    except ValueError:
        return 0
    code = said.get("errcode", 0) if isinstance(said, dict) else 0
    return code if isinstance(code, int) else 0
