"""Entry points, and the only place that wires parts together."""
