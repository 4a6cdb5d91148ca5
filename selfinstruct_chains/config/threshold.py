"""From which log-odds on an instruction is a classification task, and for which model that was found out."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_serializer, model_validator

from selfinstruct_chains.config.base import Closed, Real

_FORMS = "a number, auto, or {value: a number, fitted_for: the model.name it was fitted for}"


class Threshold(Closed):
    """In a chain file a number, `auto`, or `{value: -0.72, fitted_for: NAME}`.

    A number holds for whatever model; `auto`, and a number that was fitted for a model of another name, have a run
    fit one on the seeds, whose kinds are known (`run.calibrating`).
    """

    value: Real | None = None
    """Natural logarithm; None: `auto`."""
    fitted_for: Annotated[str, Field(min_length=1)] | None = None
    """The model's name; None: whatever model."""

    @model_validator(mode="before")
    @classmethod
    def _of_file(cls, given: Any) -> Any:
        if given == "auto":
            return {"value": None}
        if isinstance(given, int | float) and not isinstance(given, bool):
            return {"value": given}
        if given and isinstance(given, dict | Threshold):
            return given
        raise ValueError(f"must be {_FORMS}")

    @model_validator(mode="after")
    def _has_a_value(self) -> Threshold:
        if self.value is None and self.fitted_for is not None:
            raise ValueError(f"must be {_FORMS}; there is no value")
        return self

    @model_serializer
    def _to_file(self) -> float | str | dict[str, float | str]:
        if self.value is None:
            return "auto"
        return self.value if self.fitted_for is None else {"value": self.value, "fitted_for": self.fitted_for}

    def is_for(self, name: str | None) -> bool:
        """Whether it holds for the model of this name as it stands."""
        return self.value is not None and self.fitted_for in {None, name}

    def __str__(self) -> str:
        """It, and whose it is."""
        if self.value is None:
            return "auto"
        return f"{self.value:g}" + (f", fitted for {self.fitted_for}" if self.fitted_for else "")
