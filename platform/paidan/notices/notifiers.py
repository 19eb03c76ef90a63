"""The notifiers that come with the house: ordinary plugins."""

import logging

from paidan.contracts import Delivery, Message

_log = logging.getLogger("paidan.notifications")


def inbox(message: Message) -> Delivery:
    """Leave the message in the person's inbox, where it is already."""
    return Delivery.delivered()


def log(message: Message) -> Delivery:
    """Write the message into the server's log."""
    _log.info("to %s: %s – %s", message.recipient.name, message.title, message.text)
    return Delivery.delivered()


WORDS = {
    "zh-hans": {
        "inbox": "站内通知",
        "log": "服务器日志",
        "Leave the message in the person's inbox, where it is already.": "消息留在本人的站内通知里。",
        "Write the message into the server's log.": "把消息写进服务器日志。",
    }
}
