// An agent's page as an app in its sidebar knows it: the rich field of a comment, and Zendesk's side of the framework.
import { Host } from "/zendesk-app/zaf_host.js";

const form = document.getElementById("composer");
const facts = document.getElementById("facts");
const rich = enriched(form.querySelector("textarea"));
const dark = matchMedia("(prefers-color-scheme: dark)");
const told = () => JSON.parse(facts.firstElementChild.value);
const kinds = { reply: "publicReply", note: "internalNote", customer: "publicReply" };

const composer = {
  get type() {
    return kinds[form.elements.as.value];
  },
  set type(kind) {
    form.elements.as.value = Object.keys(kinds).find((each) => kinds[each] === kind);
  },
  get text() {
    return rich.innerText;
  },
  append(html) {
    rich.insertAdjacentHTML("beforeend", html); // the page's policy runs nothing that stands in it
    rich.scrollTop = rich.scrollHeight;
  },
};

const host = new Host(document.getElementById("app"), {
  ...told(),
  composer,
  proxy: async (options) => (await fetch("/zendesk-app/proxy", { method: "POST", body: JSON.stringify(options) })).json(),
  origin: location.origin.replace("127.0.0.1", "localhost"),
  colorScheme: dark.matches ? "dark" : "light",
});
host.load();
dark.addEventListener("change", () => (host.colorScheme = dark.matches ? "dark" : "light"));

// What an app has set stands beside what the server knows, until it is submitted.
new MutationObserver(() => {
  const tags = host.ticket.tags;
  Object.assign(host.ticket, told().ticket);
  host.ticket.tags = [...new Set([...host.ticket.tags, ...tags])];
  host.trigger("app.activated");
}).observe(facts, { childList: true });

// Without this file the field is one of plain text.
function enriched(plain) {
  const field = document.createElement("div");
  field.contentEditable = "true";
  field.dataset.placeholder = plain.placeholder;
  for (const [name, value] of Object.entries({ role: "textbox", "aria-multiline": "true", "aria-label": "Your comment" })) {
    field.setAttribute(name, value);
  }
  plain.hidden = true;
  plain.before(field);
  field.addEventListener("paste", (event) => {
    event.preventDefault();
    document.execCommand("insertText", false, event.clipboardData.getData("text/plain"));
  });
  form.addEventListener("formdata", (event) => {
    event.formData.set("text", field.innerText);
    event.formData.set("html", field.innerText.trim() ? field.innerHTML : "");
    event.formData.set("tags", host.ticket.tags.join(" "));
  });
  form.addEventListener("reset", () => field.replaceChildren());
  return field;
}
