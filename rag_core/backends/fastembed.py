"""Embeddings on this machine by fastembed and ONNX.

One text a call: a quantized model gives a text other vectors in other company, and batching gains little on a CPU.
Texts are cut at the model's own limit, 512 tokens for the models of this family.
"""

import os
import socket
from array import array
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from rag_core.domain import NEVER, Deadline, Vector
from rag_core.errors import MisconfiguredError, UnavailableError

READ_AS = "sentence-transformers/all-MiniLM-L6-v2"  # how a model in a folder is pooled and normalised
NOT_INSTALLED = "fastembed is not installed: pip install 'supportbot[vectors]'"
PROBE = 3.0  # seconds; fastembed itself would try for 40


class FastembedEmbedder:
    """Embedder; `model` is a folder with model.onnx, or a name fastembed knows and keeps in `cache` once downloaded."""

    def __init__(self, model: str, cache: Path, *, download: bool) -> None:
        folder = Path(model).expanduser()
        local = folder.is_dir()
        if local and not (folder / "model.onnx").is_file():
            raise MisconfiguredError(f"{model} is not a model folder: it has no model.onnx")
        if not local and model.startswith((".", "/", "~")):
            raise MisconfiguredError(f"the model folder {model} does not exist")
        self.name = str(folder.resolve()) if local else model
        self._model = _in_folder(folder) if local else _by_name(model, cache, download=download)
        self._last: tuple[str, Vector] | None = None
        self.dimensions = len(self._embed("dimensions"))

    def embed_question(self, text: str, *, deadline: Deadline = NEVER) -> Vector:
        former = self._last
        if former is None or former[0] != text:  # an answer asks for its question's vector more than once
            self._last = former = text, self._embed(text)
        return former[1]

    def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:  # onnxruntime lets go of the interpreter
            return list(pool.map(self._embed, texts))

    def _embed(self, text: str) -> Vector:
        (vector,) = self._model.embed([text])
        return array("f", vector.astype("float32").tobytes())


def _in_folder(folder: Path) -> Any:
    return _load(READ_AS, specific_model_path=str(folder))


def _by_name(model: str, cache: Path, *, download: bool) -> Any:
    _check_name(model)
    try:
        return _load(model, cache_dir=str(cache), local_files_only=True)
    except MisconfiguredError as error:
        if not download:
            raise UnavailableError(f"the embedding model {model} is not on this machine") from error
    _probe(model)
    return _load(model, cache_dir=str(cache))


def _check_name(model: str) -> None:
    try:
        from fastembed import TextEmbedding
    except ImportError as error:
        raise MisconfiguredError(NOT_INSTALLED) from error
    known = [str(each["model"]) for each in TextEmbedding.list_supported_models()]
    if model.lower() not in map(str.lower, known):
        near = ", ".join(get_close_matches(model, known, 3, 0.5))
        raise MisconfiguredError(f"fastembed knows no model {model}" + (f"; did you mean {near}?" if near else ""))


def _load(model: str, **options: Any) -> Any:
    try:
        from fastembed import TextEmbedding
        from loguru import logger
    except ImportError as error:
        raise MisconfiguredError(NOT_INSTALLED) from error
    logger.disable("fastembed")  # its errors are raised as well
    try:
        return TextEmbedding(model, threads=1, **options)  # a thread a call: passages are embedded by as many as cores
    except Exception as error:  # the libraries below it raise of every kind for a missing or damaged model
        raise MisconfiguredError(f"the embedding model {model} cannot be loaded ({type(error).__name__})") from error


def _probe(model: str) -> None:
    """Raises MisconfiguredError at once where the hub cannot be reached."""
    from huggingface_hub.constants import ENDPOINT, HF_HUB_OFFLINE

    address = urlsplit(ENDPOINT)
    try:
        if HF_HUB_OFFLINE:
            raise OSError("HF_HUB_OFFLINE is set")
        if not getproxies():
            socket.create_connection((address.hostname or "", address.port or 443), PROBE).close()
    except OSError as error:
        raise UnavailableError(f"the embedding model {model} cannot be downloaded ({error})") from error
