// A page that stayed open while the console was updated says so, once, at its first answer from the new version.
import { flash } from "./flash.js";

const ofPage = document.documentElement.dataset.version;
let isTold = false;

addEventListener("htmx:afterRequest", (event) => {
  const version = event.detail.xhr?.getResponseHeader("X-Console-Version");
  if (!version || version === ofPage || isTold) return;
  isTold = true;
  flash(document.getElementById("new-version").content.firstElementChild.cloneNode(true));
});
