"""GGUF model files: read the header, check it, describe the model. Pure: no disk, no engine.

header = read_header(read_at, file_size)    # or read_header(data)
validate(header, file_size)                 # raises InvalidModelFile
"""

from rillet.words.errors import InvalidModelFile

from .cursor import ReadAt
from .formats import DEFAULT_LIMITS, Limits, human_count
from .header import GgufArray, GgufHeader, MetadataValue, Scalar, Tensor
from .reader import Source, read_array, read_header
from .rules import validate, validate_part

__all__ = [
    "DEFAULT_LIMITS",
    "GgufArray",
    "GgufHeader",
    "InvalidModelFile",
    "Limits",
    "MetadataValue",
    "ReadAt",
    "Scalar",
    "Source",
    "Tensor",
    "human_count",
    "read_array",
    "read_header",
    "validate",
    "validate_part",
]
