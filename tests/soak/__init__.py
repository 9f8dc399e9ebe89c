"""Long tests: run by `make soak`, not by `make test`."""
