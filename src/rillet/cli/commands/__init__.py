"""One file a command: `EXAMPLES` for its help, `arguments(parser)`, `run(args) -> exit code`."""
