"""Messages, as notifiers are asked with them."""

from paidan.testing import builders as build
from paidan.testing.facts import STRANGE, Scenario


def usual_messages() -> tuple[Scenario, ...]:
    """What people are told every day."""
    phone = build.recipient(2, name="小李", addresses={"mobile": "13800000000", "email": "li@example.com"})
    urgent = build.message(
        "2", recipient=phone, priority=4, title="印刷：急件", text="礼品盒 5,000 个", url="https://example.com/tasks/2"
    )
    return (Scenario("an ordinary message", build.message()), Scenario("an urgent message with a link", urgent))


def unaddressed_messages() -> tuple[Scenario, ...]:
    """Nobody wrote down where the person can be reached; the only address is of a kind that nobody knows."""
    nowhere = build.recipient(3, addresses={})
    unknown = build.recipient(4, addresses={"pigeon": "loft 7", "email": "", "mobile": "no number"}, language="xx")
    return (
        Scenario("a person without addresses", build.message("3", recipient=nowhere)),
        Scenario("addresses that lead nowhere", build.message("4", recipient=unknown)),
    )


def repeated_messages() -> tuple[Scenario, ...]:
    """The same message twice."""
    return (
        Scenario("the first attempt", build.message("5")),
        Scenario("the second attempt", build.message("5", attempt=2)),
    )


def strange_messages() -> tuple[Scenario, ...]:
    """Unusual words, and a very long text."""
    named = build.recipient(6, name=STRANGE[3])
    return (
        *(
            Scenario(f"the title {word!r:.30}", build.message(f"6/{number}", title=word, text=word, recipient=named))
            for number, word in enumerate(STRANGE)
        ),
        Scenario("10,000 characters", build.message("7", text="印刷 🖨 " * 2000, kind="order_note")),
    )
