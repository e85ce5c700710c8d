"""How the value of an environment variable is read, whoever reads it."""


def unquoted(text: str) -> str:
    """Without spaces and quotes around it, as Ollama reads its own: compose files pass them on."""
    return text.strip().strip("\"'").strip()
