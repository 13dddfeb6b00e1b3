// Asks and rates without leaving the page. The same forms work without this file, by loading pages.
"use strict";

const start = document.getElementById("start");
const thread = document.getElementById("thread");
let shown = location.pathname;

document.documentElement.classList.add("js");

function fragment(html) {
  const template = document.createElement("template");
  template.innerHTML = html; // made and sanitised by our own server
  return template.content;
}

// Server-sent events of a response to a POST, which EventSource cannot send.
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    held += value;
    const whole = held.split("\n\n");
    held = whole.pop();
    for (const event of whole) {
      const [name, data] = event.split("\n");
      yield [name.slice("event: ".length), JSON.parse(data.slice("data: ".length))];
    }
  }
}

function complain(form, text) {
  const problem = form.querySelector(".problem");
  const field = form.querySelector("textarea");
  problem.textContent = text;
  problem.hidden = !text;
  field.toggleAttribute("aria-invalid", Boolean(text));
  if (text) field.focus();
}

function wait(form, waiting) {
  form.setAttribute("aria-busy", String(waiting));
  for (const button of form.querySelectorAll("button")) button.disabled = waiting;
}

// What the answer's events do to the page.
class Arrival {
  constructor(form) {
    this.form = form;
    this.below = form.closest(".follow-up");
  }

  open({ html }) {
    thread.append(fragment(html));
    this.turn = thread.lastElementChild;
    thread.hidden = false;
    if (start) start.hidden = true;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.turn.scrollIntoView({ behavior: still ? "auto" : "smooth", block: "start" });
    this.turn.querySelector("h2").focus({ preventScroll: true });
  }

  stage({ text }) {
    this.turn.querySelector(".stage").textContent = text;
  }

  block({ html }) {
    this.turn.querySelector(".text").append(fragment(html));
  }

  rest({ html, url, title }) {
    const stage = this.turn.querySelector(".stage");
    stage.textContent = "The answer is complete.";
    stage.classList.add("unseen");
    this.turn.append(fragment(html));
    this.below?.remove();
    history.pushState(null, "", url);
    shown = url;
    document.title = title;
    this.complete = true;
  }

  problem({ text }) {
    this.turn?.remove();
    if (start && !thread.querySelector(".turn")) {
      start.hidden = false;
      thread.hidden = true;
    }
    complain(this.form, text);
    this.complete = true;
  }
}

async function ask(form, submitter) {
  const arrival = new Arrival(form);
  complain(form, "");
  const body = new URLSearchParams(new FormData(form, submitter));
  wait(form, true);
  try {
    const response = await fetch(form.action, { method: "POST", body, headers: { Accept: "text/event-stream" } });
    if (!response.ok) arrival.problem({ text: await response.text() }); // one plain sentence: see protecting.py
    else for await (const [name, data] of events(response)) arrival[name](data);
    if (!arrival.complete) throw new TypeError("the stream ended early");
  } catch {
    arrival.problem({ text: "The playground does not answer: is it still running in the terminal?" });
  } finally {
    wait(form, false);
  }
}

// The server answers with the whole page: its part about this rating replaces ours.
async function rate(form, submitter) {
  const part = form.closest(".rating");
  const body = new URLSearchParams(new FormData(form, submitter));
  let now;
  try {
    const response = await fetch(form.action, { method: "POST", body });
    now = new DOMParser().parseFromString(await response.text(), "text/html").getElementById(part.id);
  } catch {
    // said below
  }
  if (now) {
    part.replaceWith(now);
    now.focus();
  } else {
    const given = part.querySelector(".given");
    given.setAttribute("role", "alert");
    given.textContent = "Your rating could not be recorded: is the playground still running in the terminal?";
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const send = "ask" in form.dataset ? ask : "rate" in form.dataset ? rate : null;
  if (!send) return;
  event.preventDefault();
  if (form.getAttribute("aria-busy") !== "true") send(form, event.submitter);
});

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("form[data-ask]");
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || !form || event.target.tagName !== "TEXTAREA") return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("button.main"));
});

// A step back in the history leads to another conversation; a jump to a source does not.
addEventListener("popstate", () => {
  if (location.pathname !== shown) location.reload();
});
