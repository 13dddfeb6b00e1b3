"""What is asked again is not made again: answers by wording and by meaning, embeddings, and one draft for many."""
