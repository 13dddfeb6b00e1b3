"""The tests mirror the source tree; contracts/ has one suite a port, fakes/ stand for what is outside."""
