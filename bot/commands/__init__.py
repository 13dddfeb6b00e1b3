"""The subcommands of `supportbot`, one a file."""
