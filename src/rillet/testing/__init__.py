"""For tests of programs that talk to model servers: servers whose every byte is in your hands."""
