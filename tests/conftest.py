"""What every test may ask for."""

pytest_plugins = ["tests.services.plugin", "tests.services.workers"]
