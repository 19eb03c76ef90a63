"""The built-in strategy: an ordinary plugin."""

from paidan.contracts import Candidate, Ranking, WorkFacts


def least_load(work: WorkFacts, candidates: tuple[Candidate, ...]) -> Ranking:
    """Prefer the department with the fewest open minutes; the oldest one when they are equal."""
    return Ranking.by(
        candidates,
        lambda c: (c.open_minutes, c.open_tasks, c.id),
        reason=lambda c: f"{c.open_minutes} min / {c.open_tasks}",
    )
