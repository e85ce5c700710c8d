"""The numbers of `--verbose`, as Ollama writes them: lines of what the server told, zeros left out."""

from rillet.text.durations import format_duration
from rillet.words.events import Finish


def statistics(finish: Finish) -> list[str]:
    """Lines such as ``eval rate:            61.19 tokens/s``."""
    usage, timings = finish.usage, finish.timings
    total, load, prompt, completion = (
        (timings.total, timings.load, timings.prompt, timings.completion) if timings else (0, 0, 0, 0)
    )
    asked, answered = (usage.prompt_tokens, usage.completion_tokens) if usage else (0, 0)
    rows = [
        ("total duration", format_duration(total) if total else ""),
        ("load duration", format_duration(load) if load else ""),
        *_counted("prompt eval", asked, prompt),
        *_counted("eval", answered, completion),
    ]
    return [f"{name + ':':<21} {value}" for name, value in rows if value]


def _counted(name: str, count: int | None, duration: int | None) -> list[tuple[str, str]]:
    rate = f"{count / duration * 1e9:.2f} tokens/s" if count and duration else ""
    return [
        (f"{name} count", f"{count} token(s)" if count else ""),
        (f"{name} duration", format_duration(duration) if duration else ""),
        (f"{name} rate", rate),
    ]
