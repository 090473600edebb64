"""What counts as an address, and when two of them are one mailbox."""

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given, settings
from hypothesis import strategies as st

from subscribers.address import AddressError, parse_address, parse_domain


def test_keeps_what_was_typed_and_compares_by_domain_only() -> None:
    address = parse_address("  Ana.Maria+news@Mail.EXAMPLE ")
    assert address.typed == "Ana.Maria+news@Mail.EXAMPLE"
    assert address.key == "Ana.Maria+news@mail.example"
    assert address.fold_key == "ana.maria+news@mail.example"
    assert str(address) == address.key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ana@mail.example", "ana@mail.example"),
        ("a.na@mail.example", "ana@mail.example"),
        ("ana+x@mail.example", "ana@mail.example"),
    ],
)
def test_never_merges_two_mailboxes_that_a_provider_may_keep_apart(one: str, other: str) -> None:
    assert parse_address(one).key != parse_address(other).key


def test_international_domain_is_mailed_as_punycode_and_shown_in_its_letters() -> None:
    address = parse_address("info.desk@BÜCHER.example")
    assert address.key == "info.desk@xn--bcher-kva.example"
    assert address.display == "info.desk@bücher.example"
    assert parse_address("info.desk@xn--bcher-kva.example").key == address.key


@pytest.mark.parametrize(
    ("domain", "shown"),
    [
        ("pаypal.com", "xn--pypal-4ve.com"),  # Cyrillic а among Latin letters
        ("аррӏе.com", "xn--80ak6aa92e.com"),  # all Cyrillic, reads as Latin
        ("почта.рф", "почта.рф"),
        ("新聞.example", "新聞.example"),
        ("東京タワー.example", "東京タワー.example"),
        ("أخبار.example", "أخبار.example"),
        ("mail.example", "mail.example"),
        ("đặng-œuvre-straße-łódź.example", "đặng-œuvre-straße-łódź.example"),
    ],
)
def test_a_domain_that_could_deceive_is_shown_as_punycode(domain: str, shown: str) -> None:
    assert parse_address(f"ana@{domain}").display == f"ana@{shown}"


# Letters that pass for Latin ones: 22 Cyrillic, 12 Greek, 6 Armenian and 4 of the phonetic alphabet.
_LOOKALIKES = "аеорсухіјѕһԁԛԝӏгпкмтвь" + "αονρτυικγηεω" + "օսհցոզ" + "ɡɑɩʏ"


@pytest.mark.parametrize("letter", _LOOKALIKES)
def test_a_letter_that_passes_for_another_shows(letter: str) -> None:
    """Amid Latin letters, and alone under a top level domain in Latin letters."""
    for label in (f"pay{letter}al", letter * 5):
        address = parse_address(f"ana@{label}.com")
        assert address.display == address.shown == f"ana@{address.domain}"
        assert address.domain.startswith("xn--")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ana",
        "ana@",
        "@mail.example",
        "ana@@mail.example",
        "ana@mail",
        "ana@-mail.example",
        "ana..b@mail.example",
        ".ana@mail.example",
        "ana@mail..example",
        "Ana <ana@mail.example>",
        '"ana b"@mail.example',
        "ana@[127.0.0.1]",
        "аdmin@mail.example",
        "ana@mail.example\nBcc: x@mail.example",
        "ana\x00@mail.example",
        "ana@mail.invalid",
        "ana@localhost",
        "a" * 65 + "@mail.example",
        "a@" + ".".join(["b" * 60] * 5) + ".example",
        "a" * 100_000,
    ],
)
def test_refuses_with_a_reason_that_does_not_repeat_the_address(text: str) -> None:
    with pytest.raises(AddressError) as refused:
        parse_address(text, allow_reserved=True)
    assert str(refused.value)
    assert "ana" not in str(refused.value)


def test_reserved_test_domain_needs_the_switch() -> None:
    with pytest.raises(AddressError, match="special-use"):
        parse_address("ana@mail.test")
    assert parse_address("ana@mail.test", allow_reserved=True).domain == "mail.test"
    with pytest.raises(AddressError):
        parse_address("ana@test", allow_reserved=True)


def test_domains_alone() -> None:
    assert parse_domain("@Mail.EXAMPLE") == "mail.example"
    assert parse_domain("bücher.example") == "xn--bcher-kva.example"
    for wrong in ("", "a@b.example", "no spaces.example", "x" * 400):
        with pytest.raises(AddressError):
            parse_domain(wrong)


_letters = st.sampled_from("aZ09.!#+-_'@ \"é漢\x00")


@settings(deadline=None)
@given(
    st.one_of(
        st.emails(),
        st.builds(
            "{}@{}".format,
            st.text(_letters, max_size=70),
            st.sampled_from(["mail.example", "MAIL.example", "bücher.example", "x.test", "x", "-x.com", "a..b.com"]),
        ),
        st.builds("ana@{}".format, st.text(st.sampled_from("aZ0-.é_ xn"), max_size=30)),
    ),
    st.booleans(),
)
@example("Postmaster@mail.example", False)
@example("a" * 64 + "@" + ".".join(["b" * 60] * 3) + ".example", False)
def test_answers_as_email_validator_does(text: str, allow_reserved: bool) -> None:
    """The short cut for common addresses accepts and normalises exactly what the validator does."""
    try:
        expected = validate_email(
            text.strip(),
            strict=True,
            allow_smtputf8=False,
            check_deliverability=False,
            test_environment=allow_reserved,
        ).ascii_email
    except EmailNotValidError:
        expected = None
    try:
        found = parse_address(text, allow_reserved=allow_reserved).key
    except AddressError:
        found = None
    if expected is not None and "." not in expected.rpartition("@")[2]:
        expected = None
    assert found == expected


@settings(deadline=None)
@given(st.emails())
def test_parsing_a_key_again_changes_nothing(text: str) -> None:
    try:
        address = parse_address(text)
    except AddressError:
        return
    again = parse_address(address.key)
    assert again.key == address.key
    assert again.fold_key == address.fold_key
