"""Pure machines for models: names, GGUF headers, manifests, Modelfiles, templates, pull plans.

Bytes and values come in, values go out. Nothing here touches the disk, the network or a clock.
"""
