/* One answer with all that can be done with it. */

import { fragment, link, serialised } from "./safe.js";
import { insert } from "./zaf.js";

const CONFIDENCE = { high: "High confidence", medium: "Medium confidence", low: "Low confidence: check the sources" };
const INSERTED = {
  reply: "Inserted into your reply.",
  note: "Inserted into the internal note that is open. Switch to a public reply to send it.",
};

const OUTDATED = "Not inserted: the customer has written again, and there is a new draft.";

export function stamped(template) {
  return document.getElementById(template).content.firstElementChild.cloneNode(true);
}

/** `tell`: says to a screen reader what has happened; `fresh`: whether it is still the answer to what was asked last. */
export function card(answer, { client, api, tell, fresh = async () => true }) {
  const made = stamped("answer");
  const answered = answer.outcome === "answered";
  facts(made, answer, answered);
  if (answered) {
    made.querySelector(".text").append(fragment(answer.html));
    const put = async () => ((await fresh()) ? INSERTED[await insert(client, answer.insert_html)] : OUTDATED);
    wire(made, "insert", put, tell);
    wire(made, "copy", () => copy(answer).then(() => "Copied."), tell);
  } else {
    decline(made, answer);
  }
  sources(made, answer.citations, answered ? "Sources" : "Nearest pages");
  rating(made, answer, api, tell);
  return made;
}

function facts(made, answer, answered) {
  const confidence = made.querySelector(".confidence");
  confidence.textContent = CONFIDENCE[answer.confidence] ?? "";
  confidence.dataset.level = answer.confidence;
  confidence.hidden = !answered;
  reveal(made.querySelector(".wish"), answer.instruction && `Asked for: ${answer.instruction}`);
  part(made, "unheeded").hidden = !(answered && answer.unheeded);
  part(made, "incomplete").hidden = !answered || answer.complete;
  reveal(part(made, "not-covered"), answered && answer.not_covered && `Not answered here: ${answer.not_covered}`);
  made.querySelector(".facts").hidden = !answered && !answer.instruction;
}

function decline(made, answer) {
  const said = message(
    "No answer in the documents",
    answer.outcome === "unsupported" ? "They touch on this, but nothing in them answers it." : "They say nothing about this.",
  );
  made.querySelector(".text").replaceWith(said);
  made.querySelector(".buttons:has([data-do=insert])").remove();
}

function sources(made, citations, title) {
  const section = made.querySelector(".sources");
  section.hidden = citations.length === 0;
  section.querySelector("h3").textContent = title;
  for (const { number, title: page, url } of citations) {
    const item = document.createElement("li");
    const mark = document.createElement("span");
    mark.textContent = `${number}.`;
    item.append(mark, link(url, page || url));
    section.querySelector("ol").append(item);
  }
}

function rating(made, answer, api, tell) {
  const form = made.querySelector(".rating");
  const [yes, no] = ["helpful", "not-helpful"].map((name) => form.querySelector(`[data-do=${name}]`));
  const why = form.querySelector(".why");
  const show = (vote) => {
    yes.setAttribute("aria-pressed", String(vote?.helpful === true));
    no.setAttribute("aria-pressed", String(vote?.helpful === false));
  };
  const unfold = (open) => {
    why.hidden = !open;
    no.setAttribute("aria-expanded", String(open));
    if (open) why.querySelector("input").focus();
  };
  const send = (vote, done) =>
    act(form, part(made, "rated"), tell, async () => {
      await api.rate(answer.question_id, vote);
      show(vote);
      return done;
    });
  show(answer.rating);
  yes.addEventListener("click", async () => {
    if (await send({ helpful: true }, "Recorded: helpful.")) unfold(false);
  });
  no.addEventListener("click", async () => {
    const recorded = no.getAttribute("aria-pressed") === "true"; // again it would lose its reason
    if (recorded || (await send({ helpful: false }, "Recorded: not helpful. Say why (optional)."))) unfold(why.hidden);
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = new FormData(form);
    const vote = { helpful: false, reason: given.get("reason") ?? "", comment: given.get("comment") ?? "" };
    if (await send(vote, "Recorded: not helpful. Thank you for the reason.")) {
      unfold(false);
      no.focus();
    }
  });
}

function wire(made, name, work, tell) {
  const button = made.querySelector(`[data-do=${name}]`);
  button.addEventListener("click", () => act(button, part(made, "said"), tell, work));
}

/** One thing at a time; what became of it is said beside it. True where it was done. */
async function act(area, place, tell, work) {
  if (area.ariaBusy === "true") return false;
  area.ariaBusy = "true";
  let said, done = true;
  try {
    said = await work();
  } catch (failure) {
    said = `That did not work: ${failure.message ?? failure}`;
    done = false;
  }
  area.ariaBusy = "false";
  place.classList.toggle("failed", !done);
  reveal(place, said);
  tell(said);
  return done;
}

/** Both as HTML and as text. Zendesk's frame may not grant the clipboard: then as a person would, by a copy command. */
async function copy(answer) {
  const held = { "text/html": serialised(answer.insert_html), "text/plain": answer.insert_text };
  const blobs = Object.entries(held).map(([type, value]) => [type, new Blob([value], { type })]);
  try {
    await navigator.clipboard.write([new ClipboardItem(Object.fromEntries(blobs))]);
    return;
  } catch {
    const fill = (event) => {
      event.preventDefault();
      for (const [type, value] of Object.entries(held)) event.clipboardData.setData(type, value);
    };
    document.addEventListener("copy", fill, { once: true });
    const copied = document.execCommand("copy");
    document.removeEventListener("copy", fill);
    if (!copied) throw new Error("select the text and copy it");
  }
}

export function message(title, detail, action) {
  const made = stamped("message");
  made.querySelector(".title").textContent = title;
  reveal(made.querySelector(".quiet"), detail);
  if (action) {
    const button = made.querySelector("button");
    button.textContent = action.label;
    button.addEventListener("click", action.run);
    made.querySelector(".buttons").hidden = false;
  }
  return made;
}

function part(made, name) {
  return made.querySelector(`[data-part=${name}]`);
}

function reveal(place, text) {
  place.hidden = !text;
  place.textContent = text || "";
}
