"""One of something is not called several."""

from digest.model.counted import counted


def test_one_and_several() -> None:
    assert [counted(number, "row") for number in (0, 1, 2)] == ["0 rows", "1 row", "2 rows"]
    assert [counted(number, "story", "stories") for number in (1, 2)] == ["1 story", "2 stories"]
