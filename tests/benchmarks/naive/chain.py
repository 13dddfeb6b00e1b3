"""The naive pipeline: splitter, embeddings, vector store and chat model of LangChain in a chain, as its guides have it.

Runs in an environment of its own, hence its imports by name.
"""

import time
from importlib import import_module
from typing import Any

from tests.benchmarks.naive.measuring import Ask, Told, serve

RULES = "Answer the question from the context only. Say so where it does not hold the answer.\n\nContext:\n{context}"


def embeddings(settings: dict[str, Any]) -> Any:
    return import_module("langchain_aws").BedrockEmbeddings(
        model_id=settings["embedding_model"],
        region_name="us-east-1",
        endpoint_url=settings["bedrock"],
        dimensions=settings["dimensions"],
    )


def store(settings: dict[str, Any]) -> Any:
    stores = import_module("langchain_community.vectorstores")
    return stores.OpenSearchVectorSearch(settings["opensearch"], "naive", embeddings(settings))


def chain(settings: dict[str, Any]) -> Any:
    prompts, runnables = import_module("langchain_core.prompts"), import_module("langchain_core.runnables")
    model = import_module("langchain_aws").ChatBedrockConverse(
        model=settings["answer_model"], region_name="us-east-1", endpoint_url=settings["bedrock"], max_tokens=1024
    )
    prompt = prompts.ChatPromptTemplate.from_messages([("system", RULES), ("human", "{question}")])
    joined = store(settings).as_retriever() | (lambda found: "\n\n".join(each.page_content for each in found))
    start = {"context": joined, "question": runnables.RunnablePassthrough()}
    return start | prompt | model | import_module("langchain_core.output_parsers").StrOutputParser()


def asking(settings: dict[str, Any]) -> Ask:
    made = chain(settings)

    def ask(question: str, told: Told) -> None:
        text, waits = "", True
        for piece in made.stream(question):
            text += piece
            if waits and "." in text:
                waits = False
                told()
        if len(text.split()) != settings["tokens"]:
            raise ValueError(f"half an answer: {text}")

    return ask


def load(settings: dict[str, Any]) -> float:
    """Seconds to split a text into chunks, embed and index them."""
    splitter = import_module("langchain_text_splitters").RecursiveCharacterTextSplitter(chunk_size=1000)
    chunks = [piece for text in settings["texts"] for piece in splitter.split_text(text)]
    stores = import_module("langchain_community.vectorstores")
    made = embeddings(settings)
    started = time.monotonic()
    stores.OpenSearchVectorSearch.from_texts(
        chunks, made, opensearch_url=settings["opensearch"], index_name="naive-load", bulk_size=len(chunks)
    )
    return time.monotonic() - started


if __name__ == "__main__":
    serve(asking)
