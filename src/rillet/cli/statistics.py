"""The numbers of `--verbose`, as Ollama writes them: what the server told, zeros left out."""

from rillet.text.durations import format_duration
from rillet.words.events import Finish, Timings, Usage


def statistics(finish: Finish) -> list[str]:
    """Lines such as ``eval rate:            61.19 tokens/s``."""
    usage, timings = finish.usage or Usage(), finish.timings or Timings()
    rows = [
        ("total duration", format_duration(timings.total) if timings.total else ""),
        ("load duration", format_duration(timings.load) if timings.load else ""),
        *_counted("prompt eval", usage.prompt_tokens, timings.prompt),
        *_counted("eval", usage.completion_tokens, timings.completion),
        ("resumed", "true" if finish.resumed else ""),
    ]
    return [f"{name + ':':<21} {value}" for name, value in rows if value]


def _counted(name: str, count: int | None, duration: int | None) -> list[tuple[str, str]]:
    rate = f"{count / duration * 1e9:.2f} tokens/s" if count and duration else ""
    return [
        (f"{name} count", f"{count} token(s)" if count else ""),
        (f"{name} duration", format_duration(duration) if duration else ""),
        (f"{name} rate", rate),
    ]
