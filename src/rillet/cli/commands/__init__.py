"""One file a command: `EXAMPLES` for its help, `arguments(parser)`, and `run(args) -> exit code`."""
