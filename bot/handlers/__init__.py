"""AWS Lambda entries, thin: each makes its parts once, in the init phase, and hands events to them."""
