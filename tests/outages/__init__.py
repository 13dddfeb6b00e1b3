"""Whatever we depend on fails for ten minutes of simulated time, while people go on asking."""
