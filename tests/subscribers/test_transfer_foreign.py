"""The exports of other senders come in with their states: who left there has left here."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection

from subscribers import consent, store, suppression
from subscribers.address import parse_address
from subscribers.model import COLUMNS, MailList, Subscriber
from subscribers.transfer import TransferError
from subscribers.transfer.foreign import EXPORTS, recognise
from tests.subscribers.people import FRIDAY, OPTIONS, import_text

EXPORTED = Path(__file__).parent / "exports"
MAILED, LEFT, HELD = "mailed", "unsubscribed", "suppressed"


def _reader(conn: Connection, name: str) -> Subscriber:
    found = store.find_subscriber(conn, parse_address(f"{name}@mail.example"))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("file", "sender", "expected"),
    [
        ("mailchimp_subscribed.csv", "Mailchimp", {"ana": MAILED, "ben": MAILED}),
        ("mailchimp_unsubscribed.csv", "Mailchimp", {"cy": LEFT}),
        ("mailchimp_cleaned.csv", "Mailchimp", {"dee": HELD}),
        ("ghost.csv", "Ghost", {"ana": MAILED, "ben": LEFT}),
        ("substack.csv", "Substack", {"ana": MAILED, "ben": MAILED, "cy": LEFT}),
        ("listmonk.csv", "listmonk", {"ana": MAILED, "ben": HELD, "cy": HELD}),
        ("buttondown.csv", "Buttondown", {"ana": MAILED, "ben": MAILED, "dee": LEFT, "eve": HELD}),
        ("buttondown_newer.csv", "Buttondown", {"ana": MAILED, "ben": HELD}),
    ],
)
def test_each_export_comes_in_with_its_states(
    conn: Connection, world: MailList, file: str, sender: str, expected: dict[str, str]
) -> None:
    report = import_text(conn, world, (EXPORTED / file).read_bytes())
    assert report.notes[0] == f"This is an export of {sender}, read as such."
    assert (report.refused, report.problems) == (0, ())
    assert report.added == len(expected)
    for name, word in expected.items():
        reader = _reader(conn, name)
        blocked = suppression.gate(conn, [reader.id], world.id, FRIDAY)[reader.id]
        assert (blocked.value if blocked else MAILED) == word, name
        assert consent.history(conn, reader.id)[0].basis.evidence.startswith(f"imported from {sender}")


def test_who_did_not_confirm_there_is_not_mailed_here(conn: Connection, world: MailList) -> None:
    report = import_text(conn, world, (EXPORTED / "buttondown.csv").read_bytes())
    assert report.kept_out == {"pending": 1}


def test_names_times_and_tags_come_along_and_guesses_do_not(conn: Connection, world: MailList) -> None:
    import_text(conn, world, (EXPORTED / "mailchimp_subscribed.csv").read_bytes())
    ana, ben = _reader(conn, "ana"), _reader(conn, "ben")
    assert (ana.name, ben.name) == ("Ana Ruiz", "Ben")
    assert ana.attributes == {"city": "Lima", "tags": '"press","donor"'}
    assert ana.timezone == "", "Mailchimp guessed it from the address of a machine"
    said = consent.history(conn, ana.id)[0].basis.evidence
    assert said == "imported from Mailchimp; opted in 2021-03-16 14:40:47; confirmed 2021-03-16 14:42:10"


def test_attributes_of_listmonk_keep_their_types(conn: Connection, world: MailList) -> None:
    import_text(conn, world, (EXPORTED / "listmonk.csv").read_bytes())
    assert _reader(conn, "ana").attributes == {"city": "Lima", "age": 41, "press": True}


@pytest.mark.parametrize("cell", ["[1]", "{", '"x"', '{"city": "a' + "\\u0000" + 'b"}'])
def test_a_cell_that_is_no_object_is_refused(conn: Connection, world: MailList, cell: str) -> None:
    quoted = cell.replace('"', '""')
    report = import_text(conn, world, f'email,attributes\nana@mail.example,"{quoted}"\n')
    assert (report.added, report.refused) == (0, 1)
    assert report.problems[0].column in ("attributes", "city")


def test_an_export_again_revives_nobody(conn: Connection, world: MailList) -> None:
    import_text(conn, world, (EXPORTED / "mailchimp_unsubscribed.csv").read_bytes())
    report = import_text(conn, world, "email\ncy@mail.example\n")
    assert report.kept_out == {"unsubscribed": 1}


def test_our_own_files_are_nobodys_export() -> None:
    assert recognise(COLUMNS) is None
    assert recognise(["email", "name", "tags"]) is None
    assert {export.name for export in EXPORTS} == {"Mailchimp", "Ghost", "Substack", "listmonk", "Buttondown"}


def test_a_row_too_long_and_one_too_short(conn: Connection, world: MailList) -> None:
    header = "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at"
    report = import_text(conn, world, f"{header}\nana@mail.example,false\nben@mail.example,,,,false,,,stray\n")
    assert report.refused == 1
    assert report.problems[0].line == 3
    assert report.added_states == {"unsubscribed": 1}, "a row that does not say it may be mailed is not mailed"


def test_columns_can_be_named_by_hand(conn: Connection, world: MailList) -> None:
    options = replace(OPTIONS, columns={"Courriel": "email", "Prénom": "name", "Notes internes": ""})
    text = "Courriel;Prénom;Ville;Notes internes\nana@mail.example;Ana;Lima;difficult\n"
    report = import_text(conn, world, text, options=options)
    assert report.added == 1
    ana = _reader(conn, "ana")
    assert (ana.name, ana.attributes) == ("Ana", {"ville": "Lima"})


def test_a_column_that_is_not_there_is_said(conn: Connection, world: MailList) -> None:
    with pytest.raises(TransferError, match="no column courriel"):
        import_text(conn, world, "email\nana@mail.example\n", options=replace(OPTIONS, columns={"Courriel": "email"}))


@pytest.mark.parametrize(
    ("file", "columns", "name", "word"),
    [
        ("mailchimp_unsubscribed.csv", {"Email Address": "email"}, "cy", LEFT),
        ("mailchimp_unsubscribed.csv", {"LEID": "", "UNSUB_TIME": "", "First Name": "name"}, "cy", LEFT),
        ("mailchimp_cleaned.csv", {"EUID": "", "CLEAN_TIME": "since"}, "dee", HELD),
        ("ghost.csv", {"complimentary_plan": "", "subscribed_to_emails": "state"}, "ben", LEFT),
    ],
)
def test_naming_columns_loses_no_state(
    conn: Connection, world: MailList, file: str, columns: dict[str, str], name: str, word: str
) -> None:
    import_text(conn, world, (EXPORTED / file).read_bytes(), options=replace(OPTIONS, columns=columns))
    reader = _reader(conn, name)
    blocked = suppression.gate(conn, [reader.id], world.id, FRIDAY)[reader.id]
    assert blocked is not None
    assert blocked.value == word


def test_an_export_whose_address_goes_by_another_title_is_known_by_its_new_one(
    conn: Connection, world: MailList
) -> None:
    text = "Courriel,subscribed_to_emails,complimentary_plan\nana@mail.example,false,false\n"
    report = import_text(conn, world, text, options=replace(OPTIONS, columns={"Courriel": "email"}))
    assert report.added_states == {"unsubscribed": 1}


def test_columns_of_an_export_can_be_named(conn: Connection, world: MailList) -> None:
    columns = {"City": "town", "First Name": "name", "TAGS": ""}
    text = (EXPORTED / "mailchimp_subscribed.csv").read_bytes()
    import_text(conn, world, text, options=replace(OPTIONS, columns=columns))
    ana = _reader(conn, "ana")
    assert (ana.name, ana.attributes) == ("Ana", {"town": "Lima"})


@pytest.mark.parametrize(
    "text",
    [
        "email,subscriber_type,metadata\nana@mail.example,spammer_blocked,{}\n",
        "email_address,type,metadata\nana@mail.example,,{}\n",
        "email_address,type,metadata,unsubscription_date\nana@mail.example,regular,{},2024-08-24\n",
        "uuid,email,status,attributes,subscription_status\n1,ana@mail.example,enabled,{},unsubscribed\n",
    ],
)
def test_what_is_not_known_to_be_a_yes_is_a_no(conn: Connection, world: MailList, text: str) -> None:
    assert import_text(conn, world, text).added_states == {"unsubscribed": 1}


@pytest.mark.parametrize("title", ["Unsubscribed", "do-not-mail", "opted_out"])
def test_a_column_that_sounds_like_a_no_is_warned_of(conn: Connection, world: MailList, title: str) -> None:
    report = import_text(conn, world, f"email,{title}\nana@mail.example,true\n")
    name = title.lower().replace("-", "_")
    assert [note for note in report.notes if note.startswith(f"Warning: column `{name}`")]
    assert not [note for note in import_text(conn, world, "email,city\na@mail.example,x\n").notes if "Warning" in note]


@pytest.mark.parametrize(
    ("head", "row", "state"),
    [
        ("UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_REASON", ",May,SPAM", "unsubscribed"),
        ("UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_REASON", ",,NORMAL", "unsubscribed"),
        ("UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_REASON", ",,", "unsubscribed"),
        ("CLEAN_TIME,CLEAN_CAMPAIGN_ID", ",", "suppressed"),
        ("STATUS,UNSUB_TIME,CLEAN_TIME", "Subscribed,,", "active"),
        ("STATUS,UNSUB_TIME,CLEAN_TIME", "Subscribed,2022-01-01,", "unsubscribed"),
        ("STATUS", "Transactional", "unsubscribed"),
        ("STATUS", "Abgemeldet", "unsubscribed"),
        ("STATUS", "", "unsubscribed"),
        ("NOTES", "", "active"),
    ],
)
def test_what_mailchimp_says_of_a_row_or_of_its_whole_file(head: str, row: str, state: str) -> None:
    translation = recognise(["Email Address", "LEID", "EUID", *head.split(",")])
    assert translation is not None
    made = dict(zip(translation.header, translation.row(["ana@mail.example", "1", "2", *row.split(",")]), strict=True))
    assert made["state"] == state


@pytest.mark.parametrize("title", ["undeliverability_date", "undeliverability_reason"])
def test_who_could_not_be_reached_at_buttondown_is_not_mailed(title: str) -> None:
    translation = recognise(["email", "subscriber_type", "metadata", title])
    assert translation is not None
    made = translation.row(["ana@mail.example", "regular", "{}", "2022-01-01"])
    assert made[translation.header.index("state")] == "suppressed"
