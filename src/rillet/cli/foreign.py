"""Commands and flags of other command lines that Rillet does not have, and what to do instead.

Without these a person who types one by habit would get a model's answer to it.
"""

from collections.abc import Sequence

_ACCOUNT = "Rillet has no account at ollama.com: all that it does is done here"
_VECTORS = (
    'Vectors of an embedding model: rillet run MODEL "TEXT"\n'
    "Many at once: POST /api/embed of rillet serve, or client.embed() in Python"
)
_LIBRARY = "Rillet has no plugins: models are fetched with rillet pull NAME"

#: What is said to each, in whole lines.
_INSTEAD = {
    "signin": _ACCOUNT,
    "signout": _ACCOUNT,
    "login": _ACCOUNT,
    "logout": _ACCOUNT,
    "launch": (
        "Start rillet serve, and the program itself with the server's address:\n"
        "OPENAI_BASE_URL=http://127.0.0.1:11434/v1, or "
        "ANTHROPIC_BASE_URL=http://127.0.0.1:11434"
    ),
    "keys": "The key of a server is RILLET_API_KEY",
    "aliases": "A second name of a model: rillet cp MODEL NAME",
    "plugins": _LIBRARY,
    "install": _LIBRARY,
    "uninstall": _LIBRARY,
    "embed": _VECTORS,
    "embed-multi": _VECTORS,
    "embed-models": "rillet list shows the models, rillet show MODEL whether one embeds",
    "similar": _VECTORS,
    "collections": _VECTORS,
    "fragments": 'A file goes along with: rillet "PROMPT" -a FILE',
    "schemas": 'An answer in a form: rillet "PROMPT" --schema "name, age int"',
    "tools": "Tools are given in Python: client.chat(model, messages, tools=[function])",
}

#: Words that a question may well begin with; with one word more, or none, they are meant so.
_INSTEAD_OF_FEW = {
    "delete": "rillet rm MODEL",
    "download": "rillet pull MODEL",
    "info": "rillet show MODEL",
    "kill": "rillet stop MODEL",
    "quit": "A talk ends with /bye or Ctrl-D, a server with Ctrl-C",
    "remove": "rillet rm MODEL",
    "search": "What there is stands at https://ollama.com/search; rillet pull MODEL fetches it",
    "status": "rillet ps shows what is loaded, rillet doctor whether all works",
    "unload": "rillet stop MODEL",
    "update": "pip install --upgrade rillet",
    "upgrade": "pip install --upgrade rillet",
}
_INSTEAD_OF_FEW["exit"] = _INSTEAD_OF_FEW["quit"]

_TOOLS = _INSTEAD["tools"]
_FILE = "A file goes along with -a FILE"
_ADDRESS = "Where it listens: --host 127.0.0.1:PORT, or RILLET_HOST"
#: By command.
_FLAGS = {
    "create": {
        "--draft-quantize": "A draft model is not used here",
        "--experimental": "Safetensors are made into GGUF by llama.cpp's convert_hf_to_gguf.py",
    },
    "run": {
        "--async": "rillet.AsyncClient is for Python",
        "--at": _FILE,
        "--file": _FILE,
        "--fragment": _FILE,
        "--functions": _TOOLS,
        "--image": _FILE,
        "--key": _INSTEAD["keys"],
        "--prompt": 'What is asked stands alone: rillet run MODEL "PROMPT"',
        "--query": "A model is said by its name: -m MODEL (rillet list shows them)",
        "--save": "To keep a prompt: rillet template save NAME TEXT",
        "--schema-multi": 'A list: --schema \'{"type": "array", "items": {...}}\'',
        "--temperature": "A parameter is -p temperature=VALUE",
        "--tool": _TOOLS,
    },
    "serve": {
        "--address": _ADDRESS,
        "--bind": _ADDRESS,
        "--listen": _ADDRESS,
        "--model": "Any model is served; --preload MODEL loads one at the start",
        "--port": _ADDRESS,
    },
}
_SHORT = {
    "run": {"-T": "--tool", "-q": "--query", "-i": "--image"},
    "serve": {"-p": "--port", "-m": "--model"},
}


def command_instead(argv: Sequence[str]) -> str | None:
    """What to do in place of a command that is none here; None if it is rather a prompt."""
    few = _INSTEAD_OF_FEW if len(argv) < 3 and not any(" " in word for word in argv) else {}
    return _INSTEAD.get(argv[0]) or few.get(argv[0])


def flag_instead(command: str, flag: str) -> str | None:
    long = _SHORT.get(command, {}).get(flag, flag)
    return _FLAGS.get(command, {}).get(long)
