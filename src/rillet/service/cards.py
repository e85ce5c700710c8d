"""What lists and cards say of a model: the entries of /api/tags, /api/ps and /api/show."""

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from rillet.engine import estimate_memory, gpu_share
from rillet.model.chatml import is_known
from rillet.model.manifest import Config
from rillet.model.modelfile import Modelfile, Turn, shown
from rillet.model.parameters import parameters_text
from rillet.model.template import DEFAULT_TEMPLATE
from rillet.service.model import Model
from rillet.service.remote import Remote
from rillet.service.resident import FOR_EVER, Resident
from rillet.words.models import ListedDetails, LoadedModel, ModelCard, ModelDetails, ModelInfo
from rillet.words.requests import JsonObject

_CENTURIES = 2**63 / 1e9  # seconds: where "for ever" ends in Ollama's answers


def timestamp(seconds: float) -> str:
    """RFC 3339 in the zone of this machine, as Ollama tells the times of models."""
    moment = datetime.fromtimestamp(seconds, UTC).astimezone()
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def entry(model: Model | Remote) -> ModelInfo:
    """For /api/tags. Its capabilities leave the template inside the file out, as Ollama's do."""
    name, config = model.name.display(), model.config
    if isinstance(model, Remote):
        details = _described(config)
        context, width = config.context_length, config.embedding_length
        able: Iterable[str] = model.capabilities
    else:
        details, header = _details(model), model.header
        context = config.context_length or header.context_length
        width = config.embedding_length or header.embedding_length
        able = model.capabilities_listed
    return ModelInfo(
        name=name,
        model=name,
        modified_at=timestamp(model.modified),
        size=model.size,
        digest=model.digest,
        details=ListedDetails(
            **details, context_length=context or None, embedding_length=width or None
        ),
        capabilities=list(able),
        remote_model=config.remote_model,
        remote_host=config.remote_host,
    )


def loaded(resident: Resident, *, gpu: bool = False) -> LoadedModel:
    """For /api/ps. A model in use has its expiry counted from now. `gpu`: whether there is one."""
    model = resident.model
    name = model.name.display()
    now = datetime.now(UTC).timestamp()
    expires = now + (resident.keep_alive or 0.0) if resident.users else resident.expires_at
    size = estimate_memory(model.header, resident.options)
    return LoadedModel(
        name=name,
        model=name,
        size=size,
        digest=model.digest,
        details=ModelDetails(**_details(model)),
        expires_at=timestamp(
            min(expires, now + _CENTURIES) if expires < FOR_EVER else now + _CENTURIES
        ),
        size_vram=int(size * gpu_share(model.header, resident.options)) if gpu else 0,
        context_length=resident.num_ctx,
    )


def card(
    model: Model, *, verbose: bool, system: str | None = None, options: JsonObject | None = None
) -> ModelCard:
    """For /api/show."""
    wanted = {**model.params, **(options or {})}  # they stand in the Modelfile alone, says Ollama
    return ModelCard(
        license="\n".join(model.licenses),
        modelfile=_modelfile(model, wanted, system or model.system),
        parameters=parameters_text(model.params),
        template=_shown_template(model),
        system=system or model.system,
        details=ModelDetails(**_details(model)),
        messages=list(model.messages) or None,
        model_info=model.header.model_info(_values(model) if verbose else None),
        projector_info=_projector_info(model),
        tensors=[
            {"name": tensor.name, "type": tensor.type, "shape": list(tensor.shape)}
            for tensor in model.header.tensors
        ],
        capabilities=list(model.capabilities),
        modified_at=timestamp(model.modified),
        requires=model.config.requires,
    )


def _projector_info(model: Model) -> dict[str, Any] | None:
    """What the file of the image projector says of itself; None where it cannot be read."""
    header = model.projector_header
    return header.model_info() if header else None


def _shown_template(model: Model) -> str:
    """The one that is used; one that was recognized says the same.

    Of a model that Ollama renders by name it shows the one that is not used.
    """
    if model.by_name:
        return model.template_text or DEFAULT_TEMPLATE
    used = model.template or (model.go and is_known(model.go, model.header.chat_template))
    own = model.template_text if used else ""
    return own or model.header.chat_template or model.template_text or DEFAULT_TEMPLATE


def _values(model: Model) -> Any:
    """Reads the long arrays of the header, which are not kept."""
    from rillet.model.gguf import read_array

    def read(array: Any) -> Any:
        with open(model.path, "rb") as file:

            def read_at(offset: int, count: int) -> bytes:
                file.seek(offset)
                return file.read(count)

            return read_array(read_at, array, os.fstat(file.fileno()).st_size)

    return read


def _modelfile(model: Model, parameters: JsonObject, system: str) -> str:
    """A Modelfile that makes this model again."""
    template = model.template_text or (
        "" if model.header.chat_template and not model.by_name else DEFAULT_TEMPLATE
    )
    name = model.name.display()
    described = Modelfile(
        sources=(model.path, *([model.projector] if model.projector else [])),
        parameters=parameters,
        template=template or None,
        system=system or None,
        messages=tuple(Turn(turn.role, turn.content) for turn in model.messages),
        licenses=model.licenses,
        adapters=model.adapters,
        draft=model.draft,
        renderer=model.config.renderer or None,
        parser=model.config.parser or None,
        requires=model.config.requires or None,
    )
    return shown(name, described)


def _details(model: Model) -> dict[str, Any]:
    described = _described(model.config)
    return {**described, "parent_model": model.parent, "format": described["format"] or "gguf"}


def _described(config: Config) -> dict[str, Any]:
    return {
        "format": config.model_format,
        "family": config.model_family,
        "families": list(config.model_families) if config.model_families else None,
        "parameter_size": config.model_type,
        "quantization_level": config.file_type,
    }
