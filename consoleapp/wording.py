"""Sentences that scripts say by themselves; templates hold all others."""

from django.utils.translation import gettext_lazy as _

FOR_SCRIPTS = {
    "copied": _("Copied."),
    "just_now": _("just now"),
    "seconds_ago": _("%(n)s s ago"),
    "minutes_ago": _("%(n)s min ago"),
    "hours_ago": _("%(n)s h ago"),
    "yesterday": _("yesterday"),
    "days_ago": _("%(n)s days ago"),
    "unreachable": _("The console can’t be reached."),
    "try_again": _("Try again"),
    "loading": _("Loading…"),
    "slow": _("Still waiting for the cloud."),
    "gone": _("This page can’t be shown any more."),
    "reload": _("Reload"),
}
