"""Where Rillet answers otherwise than the recorded server, and why. docs/compatibility.md has the
same list for people; a test holds both together.
"""

_BUILT_IN = "the built-in model is always there, so no list of models is empty"

#: Case -> reason.
DIFFERENT: dict[str, str] = {"tags/empty": _BUILT_IN, "tags/v1-models-empty": _BUILT_IN}
