"""Sentences for banners and notes when the cloud said no, by what happened. `{…}` are values of the case at hand."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "credentials": _(
        "The cloud doesn’t accept the console’s credentials ({code}). Runs wait and go on by themselves once "
        "this is mended."
    ),
    "not-permitted": _("The console’s credentials lack the permission {action}."),
    "throttled": _("The cloud is slowing us down. Next try in {s} s."),
    "daily-quota": _("Today’s quota of {n} calls in {region} is used up. The rest is held and tried again at {time}."),
    "rejected": _("The cloud rejected this call: {message} ({code})."),
    "unreachable": _("{region} can’t be reached. Tried {n} times, next try in {s} s."),
    "never-sent": _("This batch was never sent; its instances were not touched."),
    "restored": _(
        "This database was restored or copied. Sending is paused until an admin has looked at the unfinished runs."
    ),
    "failover": _(
        "The database went over to another server. {n} runs were under way and are looked up, nothing of them is sent "
        "again: {runs}."
    ),
    "found": _("{n} invocations were found in the cloud that no record here stands for."),
    "intercepted": _("Something between this console and the cloud answers in its place ({status})."),
    "clock": _("This server’s clock is {s} s off, so the cloud refuses its signature. Correct the clock."),
    "two-task-ids": _("Batch {n} has two task IDs: {a} and {b}. Its instances may have run twice. Both are followed."),
    "token-mismatch": _(
        "The cloud knows the token of batch {n} with other parameters ({code}). It is looked up, never sent again."
    ),
    "content-differs": _("The content the cloud lists for batch {n} is not what was confirmed here."),
    "other-account": _("These credentials belong to account {a}; the run was started in {b}. Sending waits."),
    "certificate": _("The certificate of {host} isn’t valid: {why}. Nothing was sent."),
    "region-closed": _("{region} isn’t available to this account: {message} ({code})."),
    "database": _("The console can’t write to its database: {why}. Nothing new is sent."),
    "schedule-changed": _("This schedule was changed outside this console on {time}."),
    "not-in-time": _("Not sent within 24 h, so the rest is cancelled."),
}
