"""What an installation costs, on paper: list prices times quantities that are measured or stated. Asks nobody."""
