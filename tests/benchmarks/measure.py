"""Measures one database: the child process of `python -m tests.benchmarks`. Prints its rows as JSON."""

import json
import sys
from dataclasses import asdict

import django


def main() -> None:
    """Prepare an empty database, measure everything, print the rows."""
    django.setup()
    from django.core.management import call_command

    from paidan.exchange.shop import load_shop
    from tests.benchmarks import boarding, claiming, listing, plugging, scoping, scrolling, telling, writing
    from tests.benchmarks.shop import Shop

    call_command("migrate", verbosity=0)
    load_shop()
    shop = Shop()
    rows = []
    parts = {
        part.__name__.rpartition(".")[2]: part
        for part in (writing, plugging, claiming, boarding, listing, scrolling, scoping, telling)
    }
    for name in sys.argv[1:] or parts:
        rows += parts[name].rows(shop)
    print(json.dumps([asdict(row) for row in rows], ensure_ascii=False))


if __name__ == "__main__":
    main()
