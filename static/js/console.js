// The behaviour of every page: one small module each, bound by data-… attributes. Everything also works without them.
import "./keep.js";
import "./trouble.js";
import "./poll.js";
import "./busy.js";
import "./modules.js";
import "./copy.js";
import "./menus.js";
import "./dialogs.js";
import "./drawer.js";
import "./regions.js";
import "./keyboard.js";
import "./flash.js";
import "./forms.js";
import "./theme.js";
import "./time_zone.js";
import "./times.js";
import "./version.js";

// Tests and scripts wait for html[data-ready]: every listener is bound then.
const ready = () => (document.documentElement.dataset.ready = "1");
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready);
else ready();
