import pytest

from greenroom.identity.contacts import Contact, contact
from greenroom.storage import keys
from tests.unit.messaging.scenes import MemoryTables


@pytest.mark.parametrize(
    ("stored", "email"),
    [
        ("Ada.L+tag@Buyers.test", "Ada.L+tag@Buyers.test"),
        ("ada@bücher.test", "ada@xn--bcher-kva.test"),
        ("ada@straße.test", "ada@xn--strae-oqa.test"),  # not strasse.test, which may be somebody else's
    ],
)
def test_a_user_s_mail_goes_to_the_stored_address_with_its_domain_as_dns_has_it(
    stored: str, email: str
) -> None:
    tables = MemoryTables()
    tables.items[keys.user("usr_1")] = {"email": stored, "display_name": "Ada"}

    assert contact(tables, "identity", "usr_1") == Contact(email, "Ada")


def test_who_has_no_account_has_no_contact() -> None:
    assert contact(MemoryTables(), "identity", "usr_1") is None
