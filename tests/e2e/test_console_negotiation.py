"""A negotiation in the console, both sides of it, from the request to the refund of its end."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.support.browser import Watched
from tests.support.console import complaints, section
from tests.support.system import RunningSystem


@pytest.fixture
def panel(console: Watched, system: RunningSystem) -> Locator:
    """The section, with a new request in it."""
    opened = section(console, "negotiation")
    opened.get_by_role("button", name="New request").click()
    expect(opened.locator("#negotiation-now")).to_contain_text("Private concert: requested; the agent's turn")
    return opened


def side(panel: Locator, name: str) -> Locator:
    return panel.get_by_role("region", name=name)


def chosen(panel: Locator) -> str:
    return panel.get_by_role("combobox", name="Booking").input_value()


def test_both_sides_negotiate_pay_and_look_at_the_refund_before_cancelling(
    console: Watched, system: RunningSystem, panel: Locator
) -> None:
    page, buyer, agent = console.page, side(panel, "Buyer"), side(panel, "Agent")
    now, versions, events = (panel.locator(f"#negotiation-{name}") for name in ("now", "versions", "events"))
    expect(agent).to_contain_text("It is your turn.")
    expect(agent.get_by_role("button")).to_have_text(["Offer", "Decline"])
    expect(buyer.get_by_role("button")).to_have_text(["Withdraw"])

    panel.get_by_label("Fee").fill("20000")
    panel.get_by_label("Deposit").fill("5000")
    panel.get_by_label("Message").fill("With a string quartet")
    agent.get_by_role("button", name="Offer").click()
    expect(now).to_contain_text("offered; the buyer's turn, until ")
    expect(now).to_be_focused()
    expect(versions).to_contain_text("Version 1, by the agent")
    expect(events).to_contain_text("With a string quartet")
    expect(agent.get_by_role("button")).to_have_text(["Decline"])

    panel.get_by_label("Fee").fill("18000")
    buyer.get_by_role("button", name="Counter-offer").click()
    expect(now).to_contain_text("offered; the agent's turn")
    expect(versions.get_by_role("listitem")).to_have_count(2)
    expect(versions).to_contain_text("18,000.00 EUR (fee 18,000.00 EUR, travel 0.00 EUR)")

    agent.get_by_role("button", name="Accept version 2").click()
    expect(now).to_contain_text("awaiting payment; the buyer pays, until ")
    buyer.get_by_role("button", name="Pay the deposit").click()
    expect(page.locator("#notice")).to_contain_text("5,000.00 EUR wait for the card holder")
    booking_id = chosen(panel)
    section(console, "payments")
    page.locator("#payments .row", has_text=booking_id).get_by_role(
        "button", name="Need authentication"
    ).click()
    page.locator("#payments .row", has_text=booking_id).get_by_role("button", name="Authenticate").click()
    expect(page.locator("#paid .row", has_text=booking_id)).to_contain_text("paid")

    section(console, "negotiation")
    expect(now).to_contain_text("confirmed; nobody's turn")
    headers = system.log_in("buyer")
    assert system.api.get(f"/v1/bookings/{booking_id}", headers=headers).json()["state"] == "confirmed"
    expect(events.get_by_role("listitem")).to_have_count(6)

    buyer.get_by_role("button", name="Cancel").click()
    refund = panel.get_by_role("group", name="Cancel the booking")
    expect(refund).to_contain_text("2,500.00 EUR go back to the buyer (50% until 7 days before the start)")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    refund.get_by_role("button", name="Keep it").click()
    expect(refund).to_be_hidden()
    expect(buyer.get_by_role("button", name="Cancel")).to_be_focused()
    agent.get_by_role("button", name="Cancel").click()
    expect(refund).to_contain_text("5,000.00 EUR go back to the buyer (all of it, as the agent cancels)")
    refund.get_by_role("button", name="Cancel it").click()
    expect(now).to_contain_text("cancelled; nobody's turn")
    expect(events).to_contain_text("refund 5,000.00 EUR")

    assert complaints(console) == []
    assert console.foreign(system.base_url) == []


def test_what_the_api_refuses_is_said_and_what_has_changed_is_shown(
    console: Watched, system: RunningSystem, panel: Locator
) -> None:
    panel.get_by_label("Deposit").fill("99999999")
    side(panel, "Agent").get_by_role("button", name="Offer").click()
    expect(console.page.locator("#notice")).to_contain_text(re.compile("invalid|deposit", re.IGNORECASE))
    expect(panel.locator("#negotiation-now")).to_contain_text("requested; the agent's turn")

    headers = {**system.log_in("buyer"), "If-Match": '"1"'}
    withdrawn = system.api.post(f"/v1/bookings/{chosen(panel)}/withdraw", json={}, headers=headers)
    assert withdrawn.status_code == 200
    expect(panel.locator("#negotiation-now")).to_contain_text("withdrawn")
    expect(panel.get_by_role("region").get_by_role("button")).to_have_count(0)


def test_no_token_and_no_password_is_in_the_page(
    console: Watched, system: RunningSystem, panel: Locator
) -> None:
    assert panel.is_visible()
    markup = console.page.content()

    for name in ("buyer", "agent"):
        assert system.demo["accounts"][name]["password"] not in markup
        token = console.page.evaluate("name => sessionStorage.getItem(`greenroom session of ${name}`)", name)
        assert token
        assert token not in markup
