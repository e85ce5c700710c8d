"""The HTTP face: the service spoken in the APIs of Ollama, OpenAI and Anthropic."""
