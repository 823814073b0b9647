// How long a case is before somebody who must decide: counted while the page is visible and in use, told every 15 seconds.
(function () {
  "use strict";
  const IDLE = 60_000, BEAT = 15;
  let address = "", view = "", seconds = 0, told = 0, used = Date.now();

  function form() {
    const filled = new FormData();
    filled.set("csrf", document.body.dataset.csrf);
    filled.set("seconds", String(seconds));
    return filled;
  }
  function tell() {
    if (!view || seconds === told) return;
    told = seconds;
    navigator.sendBeacon(view, form());
  }
  async function begin(where) {
    address = where; view = ""; seconds = 0; told = 0;
    if (!where) return;
    const answer = await fetch(where, { method: "POST", body: form() }).catch(() => null);
    if (answer && answer.status === 200 && where === address) view = await answer.text();
  }
  // The desk changes its case without leaving the page.
  function look() {
    const where = document.querySelector("[data-watched]")?.dataset.watched || "";
    if (where === address) return;
    tell();
    begin(where);
  }

  for (const sign of ["pointermove", "pointerdown", "keydown", "scroll", "wheel", "touchstart"]) {
    window.addEventListener(sign, () => { used = Date.now(); }, { passive: true, capture: true });
  }
  setInterval(() => {
    if (!address || document.visibilityState !== "visible" || Date.now() - used > IDLE) return;
    seconds += 1;
    if (seconds - told >= BEAT) tell();
  }, 1000);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") tell(); });
  window.addEventListener("pagehide", tell);
  document.addEventListener("submit", tell, { capture: true });
  document.body.addEventListener("htmx:beforeRequest", tell);
  document.body.addEventListener("htmx:afterSettle", look);
  look();
})();
