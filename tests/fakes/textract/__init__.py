"""Amazon Textract at wire level: what boto3 really sends is read, and what Textract says is said."""
