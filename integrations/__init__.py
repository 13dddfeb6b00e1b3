"""Channel adapters: each turns its payload into a Question and delivers an Answer. They know nothing of each other."""
