// Shows what comes without loading the page again. The same forms and links work without this file.
"use strict";

document.documentElement.classList.add("js");

const frame = document.querySelector("[data-changes]"); // whose address tells when there is something new
const problem = document.getElementById("problem");
const sources = new WeakMap(); // what the server sent for an element, however the page has changed it since
const GONE = "The playground does not answer: is it still running in the terminal?";
let version = frame.dataset.version;
let newest = Number(version); // a page that comes late shows nothing older
let leaving = false;

addEventListener("pagehide", () => (leaving = true));

function remember(region) {
  sources.set(region, region.outerHTML);
  if ("keyed" in region.dataset) for (const child of region.children) sources.set(child, child.outerHTML);
}

// Keeps every element that the server would send again as it is: its focus, its scrolling, what is typed in it.
function patch(region, now) {
  if (sources.get(region) === now.outerHTML) return;
  const focus = region.contains(document.activeElement) ? document.activeElement : null;
  const keyed = "keyed" in region.dataset;
  const low = keyed && isLow(region);
  sources.set(region, now.outerHTML);
  if (keyed) patchKeyed(region, now);
  else region.replaceChildren(...now.childNodes);
  if (low) lower(region);
  if (focus && !focus.isConnected) again(region, focus);
}

// Whoever reads the newest message goes on to the next: from its beginning, and what is private to its buttons.
function isLow(list) {
  const last = list.lastElementChild;
  return !last || list.scrollHeight - list.scrollTop - list.clientHeight < 48 || last.offsetTop < list.scrollTop + list.clientHeight;
}

function lower(list) {
  const last = list.lastElementChild;
  if (last) list.scrollTop = last.matches(".alone") ? list.scrollHeight : last.offsetTop - 8; // no further than there is
}

function patchKeyed(region, now) {
  const kept = new Map([...region.children].map((child) => [child.id, child]));
  const wanted = [...now.children].map((child) => {
    const source = child.outerHTML;
    const here = kept.get(child.id);
    if (here && sources.get(here) === source) return here;
    sources.set(child, source);
    return child;
  });
  for (const child of [...region.children]) {
    if (wanted.includes(child)) continue;
    if (child.open) child.close?.(); // a dialog gives the focus back
    child.remove();
  }
  wanted.forEach((child, place) => {
    if (region.children[place] !== child) region.insertBefore(child, region.children[place] ?? null);
  });
}

// What had the focus was sent anew: its likeness has it now, else the message, else the list.
function again(region, focus) {
  const alike = [...region.querySelectorAll(focus.tagName)].find(
    (each) => each.name === focus.name && each.value === focus.value && each.textContent === focus.textContent,
  );
  (alike ?? region).focus({ preventScroll: true });
}

function show(page) {
  const now = page.getElementById(frame.id);
  if (!now || Number(now.dataset.version) < newest) return;
  version = now.dataset.version;
  newest = Number(version);
  for (const region of document.querySelectorAll("[data-live]")) {
    const other = page.getElementById(region.id);
    if (other) patch(region, other);
  }
  lay();
}

// A dialog lies over the page, and keeps the focus until it is closed.
function lay() {
  const dialog = document.querySelector("#over dialog");
  if (!dialog || dialog.matches(":modal")) return;
  dialog.removeAttribute("open");
  dialog.showModal();
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    dialog.querySelector("[data-close]").click();
  });
  dialog.addEventListener("close", () => {
    if (dialog.isConnected) dialog.querySelector("[data-close]").click(); // a second Escape asks nobody
  });
  const wrong = dialog.querySelector("[aria-invalid]");
  (wrong?.matches("fieldset") ? wrong.querySelector("input") : wrong)?.focus();
}

function complain(text) {
  problem.textContent = text;
  problem.hidden = !text;
}

async function parsed(response) {
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

async function look() {
  const response = await fetch(location.href, { headers: { "X-Live": "1" } });
  show(await parsed(response));
}

async function act(form, submitter) {
  const body = new FormData(form, submitter);
  const said = "say" in form.dataset;
  const upload = said && form.querySelector("input[type=file]")?.files.length > 0;
  const field = said && form.querySelector("textarea");
  const text = field && field.value;
  if (field) field.value = "";
  form.setAttribute("aria-busy", "true");
  let refused = "";
  try {
    const response = await fetch(submitter?.getAttribute("formaction") ?? form.getAttribute("action"), {
      method: "POST",
      body: upload ? body : new URLSearchParams(textOnly(body)),
      headers: { "X-Live": "1" },
    });
    const url = new URL(response.url);
    if (response.redirected && response.ok && url.href !== location.href.split("#")[0]) {
      leaving = true;
      sessionStorage.setItem("opened", "1"); // a fragment would take the focus away again
      location.assign(url);
      return;
    }
    if (response.ok) show(await parsed(response));
    else refused = await reason(response);
    if (response.ok && said) form.reset();
  } catch {
    if (!leaving) refused = GONE;
  } finally {
    form.removeAttribute("aria-busy");
  }
  if (refused && field && !field.value) field.value = text;
  if (!leaving) complain(refused);
}

function textOnly(data) {
  return [...data].filter(([, value]) => typeof value === "string");
}

async function reason(response) {
  if (!(response.headers.get("content-type") ?? "").includes("html")) return response.text();
  return (await parsed(response)).querySelector("[role=alert]")?.textContent ?? GONE;
}

async function follow() {
  for (;;) {
    if (document.hidden) await new Promise((seen) => document.addEventListener("visibilitychange", seen, { once: true }));
    try {
      const response = await fetch(`${frame.dataset.changes}?since=${version}`);
      const now = String((await response.json()).version);
      if (problem.textContent === GONE) complain("");
      if (now === version) continue;
      newest = Math.min(newest, Number(now)); // a playground that began anew counts anew
      await look();
    } catch {
      if (leaving) return;
      complain(GONE);
      await new Promise((rested) => setTimeout(rested, 2000));
    }
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!("act" in form.dataset)) return;
  event.preventDefault();
  form.closest("details")?.removeAttribute("open");
  if (form.getAttribute("aria-busy") !== "true") act(form, event.submitter);
});

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("form[data-say]");
  if (event.key === "Escape") for (const open of document.querySelectorAll("details[open]")) open.removeAttribute("open");
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || !form || event.target.tagName !== "TEXTAREA") return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("button.main"));
});

document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details[open]")) if (!open.contains(event.target)) open.removeAttribute("open");
});

// A menu for which there is no room below opens above.
document.addEventListener("toggle", (event) => {
  const menu = event.target.open && event.target.matches(".more") && event.target.querySelector("form");
  if (!menu) return;
  event.target.classList.remove("above");
  const list = event.target.closest(".messages").getBoundingClientRect();
  const { bottom, height } = menu.getBoundingClientRect();
  const room = event.target.getBoundingClientRect().top - list.top;
  event.target.classList.toggle("above", bottom > list.bottom && room > height);
  menu.scrollIntoView({ block: "nearest" });
}, true);

document.addEventListener("change", (event) => {
  if (event.target.type === "file") event.target.closest(".attach").classList.toggle("full", event.target.files.length > 0);
});

for (const region of document.querySelectorAll("[data-live]")) remember(region);
document.querySelectorAll("[data-keyed]").forEach(lower);
lay();
if (sessionStorage.getItem("opened") && !matchMedia("(pointer: coarse)").matches) {
  document.querySelector("[data-opened] textarea")?.focus({ preventScroll: true });
}
sessionStorage.removeItem("opened");
follow();
