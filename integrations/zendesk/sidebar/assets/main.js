/* The states of the app: looking, a draft, none yet, no answer, shadow, an error, not set up. */

import { Api } from "./api.js";
import { card, message, stamped } from "./card.js";
import { connect, facts, fit, follow, question } from "./zaf.js";

const AGAIN = 10_000; // milliseconds between two looks at a ticket that is perhaps being drafted for
const LOOKS = 6;
const LATER = [2_000, 10_000, 20_000]; // the draft for a comment comes a moment after the comment
const PATIENCE = 3_000; // that an insertion waits for word of a newer draft

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
    this.of = ""; // the draft of the customer's last comment, as far as is known
    this.announced = ""; // the one of a later comment, of which the agent was told
    this.worked = false; // on what is shown
    this.timers = [];
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
    for (const event of ["app.activated", "ticket.updated"]) this.client.on(event, () => this.awake());
    await this.look();
  }

  get tools() {
    return { client: this.client, api: this.api, tell };
  }

  awake() {
    if (this.state === "none") this.look(true);
    if (this.state !== "draft") return;
    for (const timer of this.timers) clearTimeout(timer);
    this.timers = LATER.map((after) => setTimeout(() => this.follow(), after));
    this.follow();
  }

  /** The customer has written again: the new draft takes the place of the old one, but of no work on it. */
  async follow() {
    const { turn, newer } = await this.newer();
    if (!newer || turn !== this.turn || draft.ariaBusy === "true") return;
    if (this.worked || written()) this.announce(newer);
    else this.show(newer, document.hasFocus() && draftPlace.contains(document.activeElement));
  }

  /** Nothing where that cannot be told: the next look will. */
  async newer() {
    const turn = this.turn;
    const panel = await this.api.draft(this.ticket).catch(() => null);
    return { turn, newer: panel?.state === "draft" && panel.of !== this.of ? panel : null };
  }

  /** Whether the draft may be inserted: from then on the agent knows of a newer one. */
  async fresh() {
    if (this.announced) return true;
    const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, { newer: null }));
    const { newer } = await Promise.race([this.newer(), late]);
    if (newer) this.announce(newer);
    return !newer;
  }

  announce(newer) {
    if (this.announced === newer.of) return;
    this.announced = newer.of;
    const action = { label: "Show the new draft", run: () => this.run(() => this.api.draft(this.ticket), "", true) };
    const said = "There is a new draft. The one below answers an earlier message.";
    const banner = message("The customer has written again", said, action);
    banner.classList.add("news");
    draftPlace.querySelector(".news")?.remove();
    draftPlace.prepend(banner);
    const insert = draftPlace.querySelector("[data-do=insert]");
    if (insert) insert.textContent = "Insert the earlier draft";
    tell(`The customer has written again. ${said}`);
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
    Object.assign(this, { state: panel.state, of: panel.of, announced: "", worked: panel.wished });
    if (panel.state === "draft") this.showAnswer(panel);
    else if (panel.state === "shadow") {
      show(message("Drafts are not shown yet", "They are compared with what you send, so that your team can judge them first."));
    } else this.showNone();
    if (focus) document.getElementById("draft-title").focus();
  }

  showAnswer(panel) {
    const made = card(panel.answer, { ...this.tools, fresh: () => this.fresh() });
    show(made, "", ...(panel.wishes === "none" && !panel.wished ? [] : [this.rewriting(panel)]));
    tell(panel.answer.outcome === "answered" ? "The draft is there." : "The documents have no answer to this ticket.");
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

  /** With the wishes that the model can follow. */
  rewriting({ wishes, wished }) {
    const form = stamped("redraft");
    form.querySelector("fieldset").hidden = wishes === "none";
    for (const free of form.querySelectorAll("[data-free]")) free.hidden = wishes !== "any";
    const wish = (instruction) => this.run(() => this.api.redraft(this.ticket, { instruction }), "Rewriting…", true);
    form.querySelector(".chips").addEventListener("click", ({ target }) => target.value && wish(target.value));
    const back = form.querySelector("[data-do=first]");
    back.parentElement.hidden = !wished;
    back.addEventListener("click", () => this.run(() => this.api.redraft(this.ticket, { first: true }), "", true));
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

/** What the agent has begun to write beside the draft would be gone with it. */
function written() {
  const why = draftPlace.querySelector(".why");
  const fields = [...draftPlace.querySelectorAll("textarea, input:not([type=radio])")];
  return Boolean(why && !why.hidden) || fields.some((field) => field.value.trim());
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
