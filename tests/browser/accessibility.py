"""axe-core's word on a page: the WCAG rules of levels A and AA."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def violations(page: Page) -> list[str]:
    """One line a broken rule, with the places where it is broken; [] when all is well."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{each['id']}: {[node['target'] for node in each['nodes']]}" for each in found]


def violations_in_both_themes(page: Page) -> list[str]:
    """The same of a page as it is shown in the light and then, without another visit, in the dark."""
    found = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        found += [f"{theme}: {each}" for each in violations(page)]
    page.emulate_media(color_scheme="light")
    return found
