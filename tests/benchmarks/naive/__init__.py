"""The sides that `pipeline` compares, each a process that asks one question after another."""
