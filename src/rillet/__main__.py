"""`python -m rillet` is the command `rillet`."""

from rillet.cli.main import main

raise SystemExit(main())
