"""The values of `systemone`: questions about a state, answered with probabilities (/v1/systemone).

Source of the names: the documentation of the `ollama` package.
"""

from typing import Any, Literal

from rillet.ollama.part import Part

SystemOneContent = str | dict[str, Any] | list[Any]


class SystemOneChoiceQuestion(Part):
    """Which of the choices? Each has a description, or None where its name says enough."""

    type: Literal["choice"] = "choice"
    instructions: SystemOneContent
    criteria: dict[str, str | None]


class SystemOneNoulQuestion(Part):
    """Is it so? `criteria` may say what "true" and "false" mean."""

    type: Literal["noul"] = "noul"
    instructions: SystemOneContent
    criteria: dict[Literal["false", "true"], str] | None = None


class SystemOneScoreQuestion(Part):
    """How much? `criteria` describe the scores, the lowest first."""

    type: Literal["score"] = "score"
    instructions: SystemOneContent
    criteria: list[str]


SystemOneQuestion = SystemOneChoiceQuestion | SystemOneNoulQuestion | SystemOneScoreQuestion


class SystemOneRequest(Part):
    model: str
    state: SystemOneContent
    questions: dict[str, Any]
    keep_alive: float | str | None = None


class SystemOneNoulAnswer(Part):
    """`noul` is the probability of true."""

    type: Literal["noul"]
    noul: float


class SystemOneChoiceAnswer(Part):
    type: Literal["choice"]
    choice: str
    probabilities: dict[str, float]
    confidence: float


class SystemOneScoreAnswer(Part):
    """`score` is the expected one, counted from 0."""

    type: Literal["score"]
    score: float
    legend: dict[str, str]
    probabilities: dict[str, float]
    confidence: float


SystemOneAnswer = SystemOneNoulAnswer | SystemOneChoiceAnswer | SystemOneScoreAnswer
_ANSWERS = {
    "noul": SystemOneNoulAnswer,
    "choice": SystemOneChoiceAnswer,
    "score": SystemOneScoreAnswer,
}


class SystemOneUsage(Part):
    input_tokens: int
    output_tokens: int


class SystemOneResponse(Part):
    """One answer for each question, under its name."""

    model: str
    answers: dict[str, Any]
    usage: SystemOneUsage

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.answers = {name: _answer(value) for name, value in self.answers.items()}


def _answer(value: Any) -> Any:
    kind = _ANSWERS.get(value.get("type", "")) if isinstance(value, dict) else None
    return kind(**value) if kind else value
