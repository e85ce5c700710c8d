"""Machines over characters: feed pieces of text, take pieces of text (floor 1, pure).

Every machine here obeys the same three laws:

* what comes out does not depend on where the input was cut into pieces;
* time is linear in the input, and what is held back is bounded;
* nothing a model can write makes a machine raise.
"""
