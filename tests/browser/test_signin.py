from playwright.sync_api import Page, expect

from tests.factories import PASSWORD


def test_an_admin_signs_in_by_link_sets_a_password_and_uses_it(page: Page, console):
    person = console.person("admin")
    person.set_unusable_password()
    person.save(update_fields=["password"])

    page.goto(console.sign_in_link("admin"))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Set a password").click()
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_role("status").filter(has_text="Your password is set.")).to_be_visible()
    page.get_by_role("button", name="Account: ada").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("button", name="Account: ada")).to_be_visible()
