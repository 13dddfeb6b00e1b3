/* What Zendesk is asked for: the ticket, the reply, the colours, the height. */

import { serialised } from "./safe.js";

const TAG = "supportbot_assisted";
const LONGEST = 4000; // characters of a question
const TALLEST = 2000; // pixels

export function connect() {
  return window.ZAFClient ? window.ZAFClient.init() : false;
}

export async function facts(client) {
  const [context, got] = await Promise.all([client.context(), client.get(["ticket.id", "currentUser"])]);
  return { account: context.account.subdomain, ticket: got["ticket.id"], agent: got.currentUser.id };
}

/** Behind what is there already. Gives where it went. */
export async function insert(client, html) {
  const got = await client.get("ticket.comment.type").catch(() => ({}));
  await client.invoke("ticket.comment.appendHtml", serialised(html));
  await client.invoke("ticket.tags.add", TAG).catch(() => {}); // the text stands there all the same
  return got["ticket.comment.type"] === "internalNote" ? "note" : "reply";
}

/** What the customer asks, for a ticket that nobody has drafted for. */
export async function question(client) {
  const got = await client.get(["ticket.subject", "ticket.description", "ticket.comments", "ticket.requester"]);
  const customer = got["ticket.requester"]?.id;
  const theirs = (got["ticket.comments"] ?? []).filter(
    ({ author }) => author && (author.id === customer || author.role === "end-user"),
  );
  theirs.sort((one, other) => Date.parse(other.timestamp ?? 0) - Date.parse(one.timestamp ?? 0));
  const last = text(theirs[0]?.value ?? "") || text(got["ticket.description"] ?? "");
  return `${got["ticket.subject"] ?? ""}\n\n${last}`.trim().slice(0, LONGEST);
}

export function follow(client) {
  const paint = (scheme) => {
    if (scheme === "light" || scheme === "dark") document.documentElement.dataset.scheme = scheme;
  };
  paint(new URLSearchParams(location.search).get("colorScheme"));
  client.get("colorScheme").then((got) => paint(got.colorScheme)).catch(() => {});
  client.on("colorScheme.changed", paint);
}

export function fit(client) {
  let height = 0;
  new ResizeObserver(() => {
    const now = Math.min(Math.ceil(document.body.getBoundingClientRect().height), TALLEST);
    if (now === height) return;
    height = now;
    client.invoke("resize", { width: "100%", height: `${now}px` }).catch(() => {});
  }).observe(document.body);
}

/** HTML or text as text, without what is quoted of earlier messages. */
function text(value) {
  const found = new DOMParser().parseFromString(value, "text/html").body;
  for (const node of found.querySelectorAll("blockquote, style, script")) node.remove();
  for (const node of found.querySelectorAll("br, p, div, li")) node.append("\n");
  return found.textContent.replace(/\n{3,}/g, "\n\n").trim();
}
