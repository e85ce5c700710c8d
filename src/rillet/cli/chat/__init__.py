"""The talk: `rillet` or `rillet run MODEL` on a terminal. Its habits are those of Ollama's.

conversation   what was said, and how to ask for the next answer; knows no terminal
commands       what begins with a slash; helping, setting and showing are /?, /set and /show
editor         the line that is typed: keys, history, several lines; keys is for when nobody reads
record         the way of a talk into the history
talk           the loop around them
"""
