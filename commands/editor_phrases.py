"""What the editor of scripts (static/js/script_editor.js) says in a search of its own, in the language of the page."""

from django.utils.translation import gettext as _


def phrases() -> dict[str, str]:
    """CodeMirror's words -> ours."""
    return {
        "Find": _("Find"),
        "Replace": _("Replace with"),
        "next": _("Next match"),
        "previous": _("Previous match"),
        "all": _("Select all matches"),
        "match case": _("Match case"),
        "regexp": _("Regular expression"),
        "by word": _("Whole words"),
        "replace": _("Replace"),
        "replace all": _("Replace all"),
        "close": _("Close"),
        "current match": _("current match"),
        "on line": _("on line"),
        "replaced match on line $": _("Replaced in line $."),
        "replaced $ matches": _("$ replaced."),
        "Go to line": _("Go to line"),
        "go": _("Go"),
        "Selection deleted": _("Selection deleted"),
    }
