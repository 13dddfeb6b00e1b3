"""Embeddings on this machine by fastembed and ONNX.

One text a call: a quantized model gives a text other vectors in other company, and batching gains little on a CPU.
Texts are cut at the model's own limit, 512 tokens for the models of this family.
"""

import os
from array import array
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rag_core.domain import Vector
from rag_core.errors import MisconfiguredError

PUBLISHED_AS = "sentence-transformers/all-MiniLM-L6-v2"  # how fastembed is told to pool and normalise a model in a folder


class FastembedEmbedder:
    """Embedder; `model` is a folder with model.onnx, or a name fastembed knows and downloads once into `cache`."""

    def __init__(self, model: str, cache: Path, *, download: bool) -> None:
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
        try:
            from fastembed import TextEmbedding
        except ImportError as error:
            raise MisconfiguredError("fastembed is not installed: pip install 'supportbot[vectors]'") from error
        folder = Path(model)
        local = folder.is_dir()
        if local and not (folder / "model.onnx").is_file():
            raise MisconfiguredError(f"{model} has no model.onnx")
        try:
            self._model = TextEmbedding(
                PUBLISHED_AS if local else model,
                cache_dir=str(cache),
                threads=1,  # per call; passages are embedded by as many callers as there are cores
                specific_model_path=str(folder) if local else None,
                local_files_only=local or not download,
            )
        except (ValueError, OSError) as error:
            raise MisconfiguredError(f"embedding model {model} cannot be had: {error}") from error
        self._name = f"{folder.resolve().name if local else model}"
        self._dimensions = len(self.embed_question("dimensions"))

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimensions(self) -> int:
        return self._dimensions

    def embed_question(self, text: str) -> Vector:
        (vector,) = self._model.embed([text])
        return array("f", vector.astype("float32").tobytes())

    def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
            return list(pool.map(self.embed_question, texts))
