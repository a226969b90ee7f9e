"""axe-core's word on a page: the WCAG rules of levels A and AA."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


CONTRAST = {"runOnly": ["color-contrast"]}


def violations(page: Page) -> list[str]:
    """One line a broken rule, with the places where it is broken; [] when all is well."""
    return _broken(page, RULES)


def violations_in_both_themes(page: Page) -> list[str]:
    """The page is the same in the dark; only its colours are others."""
    found = violations(page)
    page.emulate_media(color_scheme="dark")
    found += [f"dark: {each}" for each in _broken(page, CONTRAST)]
    page.emulate_media(color_scheme="light")
    return found


def _broken(page: Page, rules: dict[str, list[str]]) -> list[str]:
    found = Axe().run(page, options=rules).response["violations"]
    return [f"{each['id']}: {[node['target'] for node in each['nodes']]}" for each in found]
