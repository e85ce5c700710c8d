"""Commands of Ollama's and llm's command lines that Rillet does not have, and what to do instead.

Without these a person who types one by habit would get a model's answer to it.
"""

_ACCOUNT = "Rillet has no account at ollama.com: all that it does is done here"
_VECTORS = (
    'Vectors of an embedding model: rillet run MODEL "TEXT"\n'
    "Many at once: POST /api/embed of rillet serve, or client.embed() in Python"
)
_LIBRARY = "Rillet has no plugins: models are fetched with rillet pull NAME"

#: What is said to each, in whole lines.
INSTEAD = {
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
