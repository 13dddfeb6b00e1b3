"""Amazon Bedrock by boto3: answers, embeddings, reranking, the rewriting of follow-ups."""
