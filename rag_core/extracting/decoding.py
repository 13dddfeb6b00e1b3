"""Bytes to text.

UTF-8 first, then what the byte order mark says, then a guess by a library; never a silent replacement character.
"""

from rag_core.errors import RejectedError

MOSTLY = 0.8
SAMPLE = 50_000  # bytes that a guess is made from
BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}


def decode(content: bytes) -> str:
    """The text, its lines ended as on Unix. Raises RejectedError when it is not text."""
    mark = next((encoding for start, encoding in BYTE_ORDER_MARKS.items() if content.startswith(start)), None)
    try:
        text = content.decode(mark or "utf-8")
    except UnicodeDecodeError as error:
        if mark:
            raise RejectedError(f"it claims to be {mark} and is not: save it as UTF-8") from error
        text = _guess(content)
    if "\0" in text:
        raise RejectedError("it has NUL bytes, so it is not a text file")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _guess(content: bytes) -> str:
    """Mostly ASCII is Western European; a library's guess on a short text of that kind is often Chinese."""
    if sum(byte < 128 for byte in content) > MOSTLY * len(content):
        try:
            return content.decode("cp1252")
        except UnicodeDecodeError:
            pass  # five bytes have no meaning there
    from charset_normalizer import from_bytes  # 30 ms to import, and rarely needed

    best = from_bytes(content[:SAMPLE]).best()
    try:
        return content.decode(best.encoding if best else "ascii")
    except UnicodeDecodeError as error:
        raise RejectedError("its encoding is not recognised: save it as UTF-8") from error
