"""How the built-in model is made: corpus, tokenizer, training, export, evaluation.

Nothing here is part of the installed package. ``python -m training`` runs every step in
order; each module can also be run on its own. Needs torch, tokenizers, gguf, numpy and,
for the comparison with the engine, xllamacpp.
"""
