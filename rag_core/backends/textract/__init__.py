"""Text recognition by Amazon Textract: asynchronous, with layout and tables."""
