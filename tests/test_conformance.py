"""The conformance kit neither misses nor cries wolf. Needs no Django: a plugin author has none either."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from paidan.contracts import GENERATORS, NOTIFIERS, STRATEGIES, Ranking, TaskFacts
from paidan.testing import (
    Check,
    Report,
    candidate,
    certify,
    department,
    line,
    material,
    message,
    operator,
    order,
    recipient,
    step,
    task,
    tooling,
)
from tests import bad_plugins
from tests.bad_plugins import BAD, GOOD

type Prove = Callable[[str, Any], Report]
type Install = Callable[..., None]
type Run = Callable[..., subprocess.CompletedProcess[str]]

SHORT = {STRATEGIES: "strategies", GENERATORS: "generators", NOTIFIERS: "notifiers"}
SLOW = {"hangs", "hangs_in_compiled_code_when_nobody_is_offered", "WaitsForever", "IsSlow", "DrawsFromASeed"}


@pytest.fixture(scope="module", autouse=True)
def compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hundreds of processes start here; let them share what Python compiles."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path_factory.mktemp("compiled")))
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        yield


@pytest.fixture(scope="module")
def prove(request: pytest.FixtureRequest) -> Iterator[Prove]:
    """Proves a plugin; those of all chosen tests are proven side by side, unless the run itself is split already."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        yield certify
        return
    known = {plugin.__name__: (group, plugin) for group, plugin, *_codes in (*BAD, *GOOD)}
    chosen = [item.callspec.id for item in request.session.items if "prove" in getattr(item, "fixturenames", ())]
    with ThreadPoolExecutor(3) as pool:  # one of them mostly waits for a plugin that hangs
        first = sorted(chosen, key=lambda name: name not in SLOW)
        proofs: dict[str, Future[Report]] = {name: pool.submit(certify, *known[name]) for name in first}
        yield lambda _group, plugin: proofs[plugin.__name__].result()
        pool.shutdown(cancel_futures=True)
    bad_plugins.FILE.unlink(missing_ok=True)


# --- it neither misses nor cries wolf ---------------------------------------------------------------
@pytest.mark.parametrize(("group", "plugin", "codes"), [pytest.param(*one, id=one[1].__name__) for one in BAD])
def test_a_bad_plugin_is_caught_by_exactly_its_checks(
    group: str, plugin: Any, codes: frozenset[str], prove: Prove
) -> None:
    report = prove(group, plugin)

    assert failed(report) == codes, report.text()
    assert not report.ok and not report.certified and report.verdict.startswith("not certified: ")
    assert all(check.detail for check in report.checks if check.outcome != "passed")


@pytest.mark.parametrize(("group", "plugin"), [pytest.param(*one, id=one[1].__name__) for one in GOOD])
def test_a_good_plugin_passes_all_checks(group: str, plugin: Any, prove: Prove) -> None:
    report = prove(group, plugin)

    assert report.certified and report.ok, report.text()
    assert report.text().endswith("\ncertified for v1")


def test_every_check_catches_something() -> None:
    """A check that no bad plugin fails would be one that cannot fail; `loads` and `described` have tests below."""
    from paidan.testing.checks import checks_of

    caught = {(group, code) for group, _plugin, codes in BAD for code in codes}
    groups = {
        code: {group for group in SHORT if code in checks_of(group)} for group in SHORT for code in checks_of(group)
    }

    idle = {code for code, where in groups.items() if not any((group, code) in caught for group in where)}

    assert idle == {"loads", "described", "settings_secret"}


def failed(report: Report) -> frozenset[str]:
    return frozenset(check.code for check in report.checks if check.outcome == "failed")


def detail(report: Report, code: str) -> str:
    return next(check.detail for check in report.checks if check.code == code)


# --- what it says -----------------------------------------------------------------------------------
def test_a_failure_says_where_it_happened() -> None:
    source = Path(bad_plugins.__file__).read_text(encoding="utf-8").splitlines()
    clock = detail(certify(STRATEGIES, bad_plugins.knows_what_day_it_is, only={"no_clock"}), "no_clock")
    crash = detail(certify(STRATEGIES, bad_plugins.crashes, only={"answers"}), "answers")

    assert clock == f"date.today at bad_plugins.py:{source.index('    date.today()') + 1}"
    assert crash == "the process was ended by SIGSEGV"


def test_a_report_is_kept_as_json() -> None:
    report = certify("generators", bad_plugins.plans_nothing, only={"fits", "quantities_valid"})

    kept = json.loads(json.dumps(report.as_json()))

    assert kept["plugin"] == "plans_nothing" and kept["group"] == GENERATORS and kept["contract"] == 1
    assert (kept["ok"], kept["certified"], kept["known"]) == (False, False, 32)
    assert kept["verdict"] == "not certified: 1 of 2 checks failed"
    assert [(check["code"], check["outcome"]) for check in kept["checks"]] == [
        ("fits", "passed"),
        ("quantities_valid", "failed"),
    ]
    assert kept["checks"][1]["detail"].startswith("an order with everything: 'order': planned is a whole number from 1")


def test_some_of_the_checks_certify_nothing() -> None:
    report = certify(STRATEGIES, bad_plugins.ranks_by_load, only={"fits"})

    assert report.ok and not report.certified
    assert report.text().endswith("\nnot certified: 1 of 34 checks were asked for, and passed")


def test_a_check_that_could_not_run_has_not_passed() -> None:
    checks = (Check("a", "A.", "passed"), Check("b", "B.", "skipped", "needs settings: key"))
    report = Report("x", STRATEGIES, "", "", 1, checks, known=2)

    assert not report.ok and report.verdict == "not certified: 1 of 2 checks could not run"
    assert "skipped b  B.\n          needs settings: key\n" in report.text()


def test_a_secret_that_shows_is_a_warning() -> None:
    report = certify(STRATEGIES, bad_plugins.TellsItsSecret, only={"settings_secret"})

    assert report.ok and detail(report, "settings_secret").startswith("warning: token can be read in its repr")


def test_what_cannot_be_imported_elsewhere_is_not_proven() -> None:
    def rank(task: TaskFacts, candidates: Any) -> Ranking:
        return Ranking((), ())

    local, junk = certify(STRATEGIES, rank), certify(STRATEGIES, 7)

    assert failed(local) == failed(junk) == {"loads"}
    assert "write it at the top of a module" in detail(local, "loads")
    assert detail(junk, "loads") == f"an entry point of {STRATEGIES} names a function or a class, not 7"


@pytest.mark.parametrize(
    ("group", "name", "only", "words"),
    [
        ("ovens", "x", None, "no group 'ovens'; there are strategies, generators, notifiers"),
        ("strategies", "nobody", None, f"no plugin 'nobody' in {STRATEGIES}; installed are "),
        ("strategies", bad_plugins.hangs, {"fit"}, f"no check fit in {STRATEGIES}; there are loads, fits,"),
    ],
)
def test_a_wrong_name_is_told(group: str, name: Any, only: set[str] | None, words: str) -> None:
    with pytest.raises(LookupError) as problem:
        certify(group, name, only=only)

    assert words in str(problem.value)


# --- plugins that are installed ---------------------------------------------------------------------
@pytest.fixture
def install(tmp_path: Path) -> Install:
    """Write a small distribution into a folder: `install("name", code, strategies="entry = module:function")`."""

    def install(name: str, code: str, **groups: str) -> None:
        (tmp_path / f"{name}.py").write_text(code, encoding="utf-8")
        about = tmp_path / f"{name}-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        full = {short: group for group, short in SHORT.items()}
        entries = "\n".join(f"[{full[group]}]\n{entry}\n" for group, entry in groups.items())
        (about / "entry_points.txt").write_text(entries)

    return install


@pytest.fixture
def installed(install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """The same, for this process."""
    monkeypatch.syspath_prepend(tmp_path)
    return install


GOOD_CODE = '''"""Rank by load."""

from paidan.contracts import Ranking


def rank(task, candidates):
    print("a plugin may print")
    return Ranking.by(candidates, lambda c: (c.open_minutes, c.id), reason="看负荷")


WORDS = {"zh-hans": {"by-load": "看负荷", "Rank by load.": "按负荷排。"}}
'''
BAD_CODE = GOOD_CODE.replace(
    '    print("a plugin may print")\n', "    open('/dev/null/x', 'w') if False else __import__('time').time()\n"
)
WITH_KEY = '''"""Send a letter."""

from dataclasses import dataclass

from paidan.contracts import Delivery, setting


@dataclass(frozen=True, repr=False)
class Letter:
    key: str = setting(title="密钥", secret=True)

    def deliver(self, message):
        return Delivery.delivered() if self.key else Delivery.give_up("没有密钥")


WORDS = {"zh-hans": {"letter": "写信", "Send a letter.": "寄一封信。"}}
'''


def test_an_installed_plugin_is_proven_by_its_name(installed: Install) -> None:
    installed("rank_by_load", GOOD_CODE, strategies="by-load = rank_by_load:rank")

    report = certify("strategies", "by-load")

    assert (report.plugin, report.distribution, report.version) == ("by-load", "rank_by_load", "1.0")
    assert report.certified, report.text()
    assert "rank_by_load" not in sys.modules


def test_the_name_of_an_installed_plugin_must_be_translated(installed: Install) -> None:
    installed("ranks_unnamed", GOOD_CODE, strategies="by-something = ranks_unnamed:rank")

    report = certify("strategies", "by-something", only={"words_name"})

    assert detail(report, "words_name") == "not in WORDS['zh-hans'] of its module: the name 'by-something'"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("raise RuntimeError('not today')", "it raised RuntimeError: not today (broken.py:1)"),
        ("import os; os._exit(3)", "the process ended by itself with exit status 3"),
        ("import nobody_has_this", "it raised ModuleNotFoundError: No module named 'nobody_has_this'"),
        ("", "it raised AttributeError: module 'broken' has no attribute 'rank'"),
    ],
)
def test_a_plugin_that_cannot_be_loaded_is_told_so_once(installed: Install, code: str, words: str) -> None:
    installed("broken", code, strategies="broken = broken:rank")

    report = certify("strategies", "broken")

    assert failed(report) == {"loads"} and detail(report, "loads").startswith(words)
    assert report.verdict == "not certified: 1 of 34 checks failed, 33 could not run"


def test_a_plugin_without_a_sentence_is_caught(installed: Install) -> None:
    installed("says_nothing", "def rank(task, candidates): ...", strategies="silent = says_nothing:rank")

    report = certify("strategies", "silent", only={"described"})

    assert failed(report) == {"described"}


def test_required_settings_are_asked_for(installed: Install) -> None:
    installed("sends_letters", WITH_KEY, notifiers="letter = sends_letters:Letter")

    without, given = certify("notifiers", "letter"), certify("notifiers", "letter", settings={"key": "1"})

    assert failed(without) == frozenset() and not without.ok
    assert detail(without, "answers") == detail(without, "settings_made") == "needs settings: key"
    assert given.certified, given.text()


# --- pytest -----------------------------------------------------------------------------------------
@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run pytest in an empty folder, as the author of an installed plugin does."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        here = tmp_path / "here"
        here.mkdir(exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "DJANGO"))}
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
            cwd=here,
            env={**kept, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def test_pytest_proves_good_and_bad_plugins(install: Install, run: Run, tmp_path: Path) -> None:
    install("rank_by_load", GOOD_CODE, strategies="by-load = rank_by_load:rank")
    install("rank_by_clock", BAD_CODE.replace("by-load", "by-clock"), strategies="by-clock = rank_by_clock:rank")

    good = run("--paidan-plugin", "by-load")
    both = run(
        "--paidan-plugin", "strategies:by-load", "--paidan-plugin", "by-clock", "--paidan-report", "../both.json"
    )

    assert good.returncode == 0, good.stdout + good.stderr
    assert "\ncertified for v1\n" in good.stdout and "34 passed" in good.stdout
    assert both.returncode == 1
    assert "FAILED strategies:by-clock::no_clock - time.time at rank_by_clock.py:7" in both.stdout
    assert "\ncertified for v1\n" in both.stdout and "\nnot certified: 1 of 34 checks failed\n" in both.stdout
    kept = json.loads((tmp_path / "both.json").read_text("utf-8"))["reports"]
    assert [(report["plugin"], report["certified"]) for report in kept] == [("by-load", True), ("by-clock", False)]


def test_pytest_says_which_plugins_there_are(install: Install, run: Run) -> None:
    install("rank_by_load", GOOD_CODE, strategies="by-load = rank_by_load:rank")

    unknown = run("--paidan-plugin", "nobody")

    assert unknown.returncode == pytest.ExitCode.USAGE_ERROR
    assert "ERROR: --paidan-plugin: no plugin 'nobody'; installed are" in unknown.stderr and "by-load" in unknown.stderr


def test_pytest_takes_settings_from_a_file(install: Install, run: Run, tmp_path: Path) -> None:
    install("sends_letters", WITH_KEY, notifiers="letter = sends_letters:Letter")
    (tmp_path / "settings.json").write_text('{"letter": {"key": "1"}}')

    without = run("--paidan-plugin", "letter")
    given = run("--paidan-plugin", "letter", "--paidan-settings", "../settings.json")

    assert without.returncode == 1 and "checks could not run" in without.stdout
    assert given.returncode == 0 and "\ncertified for v1\n" in given.stdout


def test_pytest_without_the_option_shows_and_imports_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "test_it.py").write_text(
        "import sys\n\n\ndef test_it():\n"
        "    assert {n for n in sys.modules if n.startswith('paidan')} <= "
        "{'paidan', 'paidan.testing', 'paidan.testing.pytest_plugin'}\n"
    )

    usual = run()

    assert usual.returncode == 0 and "1 passed" in usual.stdout
    assert "certified" not in usual.stdout and "Paidan" not in usual.stdout


def test_the_kit_needs_nothing_but_the_contract() -> None:
    program = (
        "import sys, paidan.testing.pytest_run, paidan.testing.child\n"
        "ours = {n for n in sys.modules if n.startswith('paidan.')}\n"
        "assert all(n.startswith(('paidan.testing', 'paidan.contracts')) for n in ours), ours\n"
        "assert not {'django', 'numpy', 'jsonschema'} & sys.modules.keys()\n"
    )

    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


# --- builders ---------------------------------------------------------------------------------------
def test_builders_make_ordinary_facts_and_take_what_matters() -> None:
    idle, busy = candidate(1), candidate(2, open_minutes=90, people=1, minutes=30)

    assert (idle.kind, idle.finish, busy.finish) == ("department", 60, 120)
    assert candidate(operator(3, open_tasks=4)).kind == "operator"
    assert candidate(department(5), open_minutes=7).place == replace(department(5), open_minutes=7)
    assert task("7", process="DIE", days_left=-1).days_left == -1
    assert order(lines=(line(1), line(2, quantity=5))).lines[1].quantity == 5
    assert order().steps == (step(),) and order().tooling == (tooling(),) and order().materials == (material(),)
    assert message(recipient=recipient(9, addresses={})).recipient.id == 9
