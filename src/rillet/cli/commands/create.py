"""`rillet create MODEL -f Modelfile`: a model of one's own, from another one or from files."""

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rillet.cli import exits, screen, where
from rillet.cli.parsing import Parser
from rillet.cli.transfer import PATIENT, show_transfer
from rillet.words.errors import InvalidRequest
from rillet.words.models import CreateRequest

if TYPE_CHECKING:
    from rillet.client.sync import Client
    from rillet.model.modelfile import Modelfile

USAGE = "MODEL [-f FILE] [-q TYPE] [--json]"
EXAMPLES = """
  rillet create my-model                 from ./Modelfile
  rillet create my-model -f other/Modelfile
  printf 'FROM llama3\\nSYSTEM You are brief.' | rillet create brief -f -
"""
_DEFAULT = "Modelfile"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # how such a file begins
_PATH_MARKS = ("/", "./", "../", "~/")
_WEIGHTS = ("*.gguf", "*.bin")  # of a folder the first that it has


def arguments(parser: Parser) -> None:
    parser.add_argument("model")
    parser.add_argument("-f", "--file", default=_DEFAULT, help="the Modelfile; - is standard input")
    parser.add_argument("-q", "--quantize", metavar="TYPE", help="e.g. q8_0, q4_K_M")
    parser.switch("--json", help="each step as a line of JSON")
    parser.host()


def run(args: Namespace) -> int:
    from rillet.model.modelfile import parse

    _check_name(args.model)
    args.file = args.file or _DEFAULT
    recipe = parse(_text(args.file))
    notes = screen.notes()
    for name in recipe.deprecated:
        notes.line(f"Warning: the parameter {name} has no effect any more")
    folder = Path.cwd() if args.file == "-" else Path(args.file).expanduser().resolve().parent
    there = where.place(args.host, PATIENT)
    with there.client:
        notes.line("gathering model components")
        request = _request(there.client, args.model, recipe, folder, args.quantize)
        show_transfer(there.client.stream_create(request), as_json=args.json)
    return exits.COMPLETE


def _check_name(model: str) -> None:
    """Before anything is read or sent."""
    from rillet.model.names import ModelName
    from rillet.words.errors import ModelError

    try:
        ModelName.parse(model)
    except ModelError:
        raise InvalidRequest(f"invalid model name: {model}") from None


def _text(path: str) -> str:
    if path == "-":
        from rillet.cli.prompt import read_stdin

        return read_stdin()
    try:
        data = Path(path).expanduser().read_bytes()
        return data.decode("utf-16" if data.startswith(_UTF_16) else "utf-8")
    except FileNotFoundError:
        if path == _DEFAULT and _weights(Path.cwd()):
            return "FROM ."
        raise InvalidRequest(
            "no Modelfile or safetensors files found",  # in Ollama's words
            hint=f"There is no file {path!r}. Name it with: rillet create MODEL -f FILE",
        ) from None
    except UnicodeDecodeError:
        raise InvalidRequest(
            f"{path!r} is no text in UTF-8 or UTF-16, so it is no Modelfile"
        ) from None


def _request(
    client: "Client", model: str, recipe: "Modelfile", folder: Path, quantize: str | None
) -> CreateRequest:
    files, names = _sent(client, recipe.sources, folder)
    adapters, strange = _sent(client, recipe.adapters, folder)
    if strange:
        raise InvalidRequest(f"There is no adapter file {strange[0]!r}")
    drafts, strange = _sent(client, (recipe.draft,) if recipe.draft else (), folder)
    if strange:
        raise InvalidRequest(f"There is no draft file {strange[0]!r}")
    messages: Any = [{"role": turn.role, "content": turn.content} for turn in recipe.messages]
    return CreateRequest(
        model=model,
        from_=names[-1] if names else None,
        files=files or None,
        adapters=adapters or None,
        draft_files=drafts or None,
        template=recipe.template,
        system=recipe.system,
        license=list(recipe.licenses) or None,
        parameters=dict(recipe.parameters) or None,
        messages=messages or None,
        quantize=quantize,
        renderer=recipe.renderer,
        parser=recipe.parser,
        requires=recipe.requires,
    )


def _sent(
    client: "Client", sources: tuple[str, ...], folder: Path
) -> tuple[dict[str, str], list[str]]:
    """What is a file is sent, and named by its digest; what is none is a model's name."""
    files: dict[str, str] = {}
    names = []
    for source in sources:
        path = folder / Path(source).expanduser()
        if found := _weights(path):
            for each in found:
                screen.notes().line(f"sending {each.name}")
                files[each.name] = client.put_blob(each)
        elif path.is_dir() and source.startswith((".", *_PATH_MARKS)):
            raise InvalidRequest(
                f"There is no GGUF file in the folder {str(path)!r}",
                hint="Other formats are made into GGUF by llama.cpp's convert_hf_to_gguf.py",
            )
        elif source.startswith(_PATH_MARKS) or source.lower().endswith(".gguf"):
            raise InvalidRequest(
                f"There is no file {str(path)!r}", hint="Paths begin at the Modelfile's folder"
            )
        else:
            names.append(source)
    return files, names


def _weights(path: Path) -> list[Path]:
    """The file, or those of a folder that hold a model."""
    if path.is_file():
        return [path]
    return next((found for each in _WEIGHTS if (found := sorted(path.glob(each)))), [])
