// The little that pages do by themselves: tokens, keys, leaving, files, previews. No inline scripts, no eval.
(function () {
  "use strict";
  const body = document.body;

  // Every request that htmx sends carries the token of the session.
  body.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRF-Token"] = body.dataset.csrf;
  });

  // A refused form has been put in place of the old one: lead the eyes and the screen reader to what is wrong.
  body.addEventListener("htmx:afterSwap", (event) => {
    const notice = event.detail.target.querySelector?.(".notice[role=alert]") || document.querySelector("#act .notice[role=alert]");
    if (notice) notice.focus();
  });
  body.addEventListener("htmx:afterRequest", (event) => {
    if (event.target.matches?.(".file-input")) event.target.value = "";
  });
  // Refusals are answers here, not script errors: they were shown where they belong.
  body.addEventListener("htmx:beforeSwap", (event) => {
    const row = event.detail.requestConfig?.elt;
    if (row?.matches?.(".row") && !row.hasAttribute("aria-current")) { event.detail.shouldSwap = false; return; } // an answer that was overtaken
    if (event.detail.xhr.status >= 400) event.detail.shouldSwap = !event.target.matches?.(".draft-saved");
  });

  body.addEventListener("click", (event) => {
    const remove = event.target.closest("[data-remove-row]");
    if (remove) {
      const form = remove.closest("form");
      remove.closest(".file-row").remove();
      form?.dispatchEvent(new Event("change", { bubbles: true }));
    }
    const opener = event.target.closest("[data-open]");
    if (opener) document.getElementById(opener.dataset.open)?.showModal();
    const row = event.target.closest(".row");
    if (row) choose(row);
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.removeAttribute("open");
    }
  });

  // What was written and not submitted is asked about before it is left. Drafts are kept on the way.
  let written = false;
  body.addEventListener("input", (event) => { if (event.target.closest("form[data-guarded]")) written = true; });
  body.addEventListener("submit", () => { written = false; });
  body.addEventListener("htmx:beforeRequest", (event) => { if (event.target.matches?.("form.act")) written = false; });
  body.addEventListener("htmx:afterRequest", (event) => { if (event.target.matches?.(".draft-saved") && event.detail.successful) written = false; });
  window.addEventListener("beforeunload", (event) => { if (written) event.preventDefault(); });

  // Days are typed as people type them: 20260331, 2026.3.31, 2026/3/31 become 2026-03-31.
  body.addEventListener("change", (event) => {
    const input = event.target;
    if (!input.matches?.("[data-day]")) return;
    const found = input.value.trim().match(/^(\d{4})[-./年]?(\d{1,2})[-./月]?(\d{1,2})日?$/);
    if (found) input.value = `${found[1]}-${found[2].padStart(2, "0")}-${found[3].padStart(2, "0")}`;
  });

  // Keys of the desk; silent while somebody writes or an input method composes.
  function rows() { return [...document.querySelectorAll("#rows .row")]; }
  function choose(row) {
    for (const other of rows()) other.removeAttribute("aria-current");
    row.setAttribute("aria-current", "true");
  }
  function move(step) {
    const all = rows();
    const here = all.findIndex((row) => row.hasAttribute("aria-current"));
    const next = all[Math.min(Math.max(here + step, 0), all.length - 1)];
    if (!next || next === all[here]) return;
    next.scrollIntoView({ block: "nearest" });
    next.click();
    next.focus();
  }
  function writing(target) {
    return target.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  }
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && writing(event.target)) { event.target.blur(); return; }
    if (writing(event.target) || document.querySelector("dialog[open]")) return;
    const key = event.key.toLowerCase();
    if (key === "j" || key === "k") { move(key === "j" ? 1 : -1); event.preventDefault(); }
    if (key === "o") document.getElementById("whole")?.click();
    if (event.key === "?") document.getElementById("keys")?.showModal();
    if (event.key === "Enter" && (event.target === body || event.target.matches(".row"))) {
      const first = document.querySelector("#act input:not([type=hidden]), #act textarea, #act select");
      if (first) { first.focus(); first.scrollIntoView({ block: "center" }); event.preventDefault(); }
    }
  });

  // Tabs of a case stay on the page; the address remembers which one.
  function showTab(name) {
    for (const tab of document.querySelectorAll("[data-tab]")) tab.setAttribute("aria-selected", String(tab.dataset.tab === name));
    for (const part of document.querySelectorAll("[data-part]")) part.hidden = part.dataset.part !== name;
    if (name === "path") drawAll();
  }
  for (const tab of document.querySelectorAll("[data-tab]")) {
    tab.addEventListener("click", (event) => {
      event.preventDefault();
      history.replaceState(null, "", `#${tab.dataset.tab}`);
      showTab(tab.dataset.tab);
    });
  }

  // Elements are counted, flows are not: a flow back was taken where its source was entered more often than it was left ahead.
  function wasTaken(flow, times) {
    if (!times[flow.source.id] || !times[flow.target.id]) return false;
    if (flow.target.x >= flow.source.x) return true;
    const ahead = flow.source.outgoing.filter((other) => other !== flow && other.type === "bpmn:SequenceFlow");
    return times[flow.source.id] > ahead.reduce((sum, other) => sum + (times[other.target.id] || 0), 0);
  }

  // Diagrams with the way that was taken. They are fetched when their tab is opened first.
  async function draw(canvas) {
    if (canvas.dataset.drawn || !window.BpmnViewer) return;
    canvas.dataset.drawn = "yes";
    const viewer = new window.BpmnViewer({ container: canvas });
    const answer = await fetch(canvas.dataset.diagram);
    if (!answer.ok) return;
    await viewer.importXML(await answer.text());
    const view = viewer.get("canvas"), registry = viewer.get("elementRegistry");
    const times = JSON.parse(canvas.dataset.taken || "{}"), waiting = new Set(JSON.parse(canvas.dataset.waiting || "[]"));
    for (const id of Object.keys(times)) if (registry.get(id)) view.addMarker(id, "way-taken");
    for (const id of waiting) if (registry.get(id)) { view.removeMarker(id, "way-taken"); view.addMarker(id, "way-here"); }
    for (const flow of registry.filter((element) => element.type === "bpmn:SequenceFlow")) {
      if (wasTaken(flow, times)) view.addMarker(flow.id, "way-taken");
    }
    view.zoom("fit-viewport", "auto");
    const here = registry.get([...waiting][0]);
    const outer = view.viewbox().outer, scale = 0.75; // too small to read: show the present place at a size that reads
    if (here && view.zoom() < 0.7) {
      const width = outer.width / scale, height = outer.height / scale;
      view.viewbox({ x: here.x + here.width / 2 - width / 2, y: here.y + here.height / 2 - height / 2, width, height });
    }
  }
  function drawAll() {
    for (const canvas of document.querySelectorAll("[data-diagram]")) if (canvas.offsetParent !== null) draw(canvas);
  }
  const tabs = [...document.querySelectorAll("[data-tab]")].map((tab) => tab.dataset.tab);
  if (tabs.length) showTab(tabs.includes(location.hash.slice(1)) ? location.hash.slice(1) : tabs[0]);
  else drawAll();

  // Evidence is looked at in a dialog; the file itself is downloaded by its name.
  body.addEventListener("click", (event) => {
    const link = event.target.closest("[data-preview]");
    const dialog = document.getElementById("preview");
    if (!link || !dialog || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    window.htmx.ajax("GET", link.dataset.preview, { target: "#preview-body", swap: "innerHTML" });
    dialog.showModal();
  });

  // Ledger: how many are chosen for a batch.
  const all = document.querySelector("[data-choose-all]");
  function counted() {
    const chosen = document.querySelectorAll("input[data-choose]:checked").length;
    for (const place of document.querySelectorAll("[data-chosen]")) place.textContent = String(chosen);
    for (const button of document.querySelectorAll("[data-needs-chosen]")) button.disabled = chosen === 0;
  }
  all?.addEventListener("change", () => {
    for (const box of document.querySelectorAll("input[data-choose]")) box.checked = all.checked;
    counted();
  });
  body.addEventListener("change", (event) => { if (event.target.matches?.("[data-choose]")) counted(); });
  body.addEventListener("click", (event) => { if (event.target.closest("[data-print]")) window.print(); });
  counted();
})();
