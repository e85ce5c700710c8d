"""One file a command: `USAGE` and `EXAMPLES` for its help, `arguments(parser)`, `run(args)`."""
