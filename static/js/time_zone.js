// Tells the server the browser's time zone, for the moments inside its sentences (PreferencesMiddleware); the profile's
// own zone counts more. The cookie stays under the console's own path.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const path = document.documentElement.dataset.signin.replace(/signin\/$/, "");
const safe = location.protocol === "https:" ? "; Secure" : "";
if (zone && !document.cookie.split("; ").includes(`time_zone=${zone}`))
  document.cookie = `time_zone=${zone}; Path=${path}; Max-Age=31536000; SameSite=Lax${safe}`;
