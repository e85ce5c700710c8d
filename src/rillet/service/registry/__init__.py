"""Models to and from a registry: the container registry's protocol, as Ollama uses it.

    place      where something is on the web, and where a location leads from there
    patience   how long to wait and how often to try again, and the errors that decide it
    challenge  what a 401 asks for, read from its header
    tokens     the token of one conversation; `keys` signs for it with Ollama's key
    answer     one answer of a registry, read with a limit
    manifest   a manifest as it came, or Ollama's words for what is none
    client     one conversation with one registry about one model
    fetch      the bytes of a blob into its parts; `download` is a fetch with its check
    sharing    one download for all who wait for the same blob
    pull       the steps of a pull;  `upload` and `push` are the other way
    progress   the lines that people see;  `threads`: work on the disk beside the event loop

Laws:
- What a registry says is a stranger's word: every length, count and place is bounded and checked.
- A token goes to the registry that it is for, to no other host, and not over plain HTTP unless the
  user said `insecure`.
- Blobs first, the manifest last and byte for byte as it came.
Source: the OCI distribution specification and Ollama's documented behaviour.
"""
