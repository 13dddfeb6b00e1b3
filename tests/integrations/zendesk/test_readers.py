"""What a draft cites is always within what its reader may read."""

from pathlib import Path

from tests.integrations.zendesk.readers import Readers


def test_no_note_cites_for_a_customer_what_is_internal(tmp_path: Path) -> None:
    seen = Readers(tmp_path, seed=3).run(4_000)
    assert seen.wrong == []
    assert seen.asked == 100
    assert seen.cited > 50
    assert seen.beside > 20
