"""How it grows, by simulation: our service times as measured, those of others as stated, their limits as documented.

`make capacity` writes what it finds into docs/capacity.md. tests/benchmarks/test_capacity.py holds it against closed
forms and against a measured run.
"""
