/* The states of the app: looking, a draft, none yet, no answer, shadow, an error, not set up. */

import { Api } from "./api.js";
import { card, message, stamped } from "./card.js";
import { connect, facts, fit, follow, question } from "./zaf.js";

const AGAIN = 10_000; // milliseconds between two looks at a ticket that is perhaps being drafted for
const LOOKS = 6;

const draft = document.getElementById("draft");
const draftPlace = document.getElementById("draft-place");
const ask = document.getElementById("ask");
const askPlace = document.getElementById("ask-place");
const status = document.getElementById("status");

function tell(text) {
  status.textContent = text;
}

class Sidebar {
  constructor(client) {
    this.client = client;
    this.turn = 0; // whatever belongs to an earlier one is not shown any more
    this.looks = 0;
    this.state = "looking";
  }

  async start() {
    try {
      const { account, ticket, agent } = await facts(this.client);
      this.ticket = ticket;
      this.api = new Api(this.client, document.querySelector("meta[name=supportbot-api]").content, account, agent);
    } catch {
      show(message("This ticket cannot be read", "Reload the app.", this.retry(() => this.start())), "alarm");
      return;
    }
    ask.hidden = false;
    this.client.on("app.activated", () => this.state === "none" && this.look(true));
    await this.look();
  }

  get tools() {
    return { client: this.client, api: this.api, tell };
  }

  /** `quietly`: what is shown stays until there is something else. */
  look(quietly = false) {
    clearTimeout(this.timer);
    return this.run(() => this.api.draft(this.ticket), quietly ? "" : "Looking for the draft…");
  }

  async run(work, waiting, focus = false) {
    const turn = ++this.turn;
    const before = this.state === "draft" ? [...draftPlace.childNodes] : [];
    clearTimeout(this.timer);
    if (waiting) show(waitingFor(waiting));
    draft.ariaBusy = "true";
    try {
      const panel = await work();
      if (turn === this.turn) this.show(panel, focus);
    } catch (failure) {
      if (turn === this.turn) this.fail(failure, () => this.run(work, waiting, focus), before);
    }
    if (turn === this.turn) draft.ariaBusy = "false";
  }

  show(panel, focus) {
    this.state = panel.state;
    if (panel.state === "draft") this.showAnswer(panel.answer);
    else if (panel.state === "shadow") {
      show(message("Drafts are not shown yet", "They are compared with what you send, so that your team can judge them first."));
    } else this.showNone();
    if (focus) document.getElementById("draft-title").focus();
  }

  showAnswer(answer) {
    const answered = answer.outcome === "answered";
    show(card(answer, this.tools), "", this.redraft(answered));
    tell(answered ? "The draft is there." : "The documents have no answer to this ticket.");
  }

  showNone() {
    const action = { label: "Draft now", run: () => this.draftNow() };
    show(message("No draft yet", "New tickets get theirs within a minute, if the bot drafts for them.", action));
    if (this.looks < LOOKS) {
      this.timer = setTimeout(() => {
        this.looks += 1;
        this.look(true);
      }, AGAIN);
    }
  }

  draftNow() {
    return this.run(
      async () => this.api.redraft(this.ticket, { question: await question(this.client) }),
      "Drafting…",
      true,
    );
  }

  /** `answered`: there is something that could be shorter. */
  redraft(answered) {
    const form = stamped("redraft");
    form.querySelector(".chips").hidden = !answered;
    const wish = (instruction) =>
      this.run(() => this.api.redraft(this.ticket, { instruction }), "Drafting it otherwise…", true);
    form.querySelector(".chips").addEventListener("click", ({ target }) => target.value && wish(target.value));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const field = form.elements.instruction;
      if (field.value.trim()) wish(field.value.trim());
      else field.focus();
    });
    return form;
  }

  /** A draft that was there stays beneath. */
  fail(failure, again, before) {
    if (before.length === 0) this.state = "failed";
    const title = { setup: "Supportbot is not set up", busy: "Not now", shadow: "Drafts are not shown yet" };
    const action = failure.kind === "setup" ? this.retry(() => this.look()) : this.retry(again);
    show(message(title[failure.kind] ?? "Something went wrong", failure.message, action), "alarm", ...before);
    tell(failure.message);
  }

  retry(run) {
    return { label: "Try again", run };
  }

  async question(query) {
    const button = ask.querySelector("button[type=submit]");
    if (ask.ariaBusy === "true") return;
    ask.ariaBusy = "true";
    button.disabled = true;
    askPlace.replaceChildren(waitingFor("Asking…"));
    try {
      const made = card(await this.api.ask(query), this.tools);
      askPlace.replaceChildren(made);
      made.focus();
      tell("The answer is there.");
    } catch (failure) {
      const found = message("That was not answered", failure.message, this.retry(() => this.question(query)));
      found.classList.add("alarm");
      askPlace.replaceChildren(found);
      tell(failure.message);
    }
    ask.ariaBusy = "false";
    button.disabled = false;
  }
}

function show(node, kind = "", ...more) {
  if (kind) node.classList.add(kind);
  draftPlace.replaceChildren(node, ...more);
}

function waitingFor(text) {
  const made = stamped("waiting");
  made.querySelector(".quiet").textContent = text;
  tell(text);
  return made;
}

function begin() {
  const client = connect();
  if (!client) {
    show(message("Open this in Zendesk", "It is an app for the sidebar of a ticket."), "alarm");
    return;
  }
  follow(client);
  fit(client);
  const sidebar = new Sidebar(client);
  const form = document.getElementById("ask-form");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const query = form.querySelector("textarea").value.trim();
    if (query) sidebar.question(query);
  });
  form.querySelector("textarea").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  sidebar.start();
}

begin();
