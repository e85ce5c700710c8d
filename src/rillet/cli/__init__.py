"""The command line: one file a command in `commands`, thin over the same operations as the library.

Laws: only a model's text goes to standard output, all else to standard error. Nothing but
printable text reaches a terminal, exact bytes reach a pipe. No traceback, whatever happens. Imports
wait until they are needed: the request of `rillet run` goes out before anything heavy is loaded.
"""
