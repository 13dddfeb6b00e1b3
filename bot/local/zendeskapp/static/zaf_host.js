/* The framework's side of a page that has an app in a frame: answers its messages from a ticket, a composer and a proxy.

     const host = new Host(frame, { account, agent, ticket, composer, proxy, origin });
     host.load();                       // the frame's document, as Zendesk loads it
     host.trigger("app.activated");     // what happens in the page
     host.colorScheme = "dark";

   ticket:   { id, subject, description, requester: {id}, comments: [{author, value, timestamp}], tags: [] }; tags change
   composer: { type: "publicReply" or "internalNote", text: "", append(html) }
   agent:    { id, name, role };  account: the subdomain
   proxy:    async (options) => ({ status, body }), which signs and sends: bot/local/zendeskapp/proxying.py
   origin:   of the app's pages, another than this page's */

export class Host {
  constructor(frame, { account, agent, ticket, composer, proxy, origin, colorScheme = "light" }) {
    Object.assign(this, { frame, account, agent, ticket, composer, proxy, origin, scheme: colorScheme });
    this.calls = []; // everything the app has invoked and set, for tests
    this.refused = new Set(); // paths that fail, for tests
    window.addEventListener("message", (event) => this.hear(event));
  }

  load() {
    this.listening = false;
    const query = new URLSearchParams({ origin: location.origin, app_guid: "sidebar", colorScheme: this.scheme });
    this.frame.src = `${this.origin}/zendesk-app/assets/iframe.html?${query}`;
  }

  get colorScheme() {
    return this.scheme;
  }

  set colorScheme(value) {
    this.scheme = value;
    this.trigger("colorScheme.changed", value);
  }

  /** Nobody hears of it before the app has loaded. */
  trigger(name, message = {}) {
    if (!this.listening) return;
    this.send({ key: `zaf.${name}`, message });
  }

  hear(event) {
    if (event.source !== this.frame.contentWindow || event.origin !== this.origin) return;
    const said = JSON.parse(event.data);
    if (said.key === "iframe.handshake") {
      this.listening = true;
      this.trigger("app.registered", this.introduction());
    }
    if (said.key?.startsWith("request:")) this.forward(said.key, said.message);
    else if (said.request) this.send({ id: said.id, result: this[said.request](said.params) });
  }

  introduction() {
    return {
      metadata: { appId: 1, name: "Supportbot", installationId: 1, version: "1.0", settings: {} }, // no secure ones
      context: { product: "support", location: "ticket_sidebar", instanceGuid: "sidebar", account: { subdomain: this.account } },
    };
  }

  get(paths) {
    return this.each(paths, (path) => this.property(path));
  }

  set(values) {
    return this.each(Object.keys(values), (path) => {
      this.calls.push(["set", path, values[path]]);
      if (path !== "ticket.comment.type" && path !== "comment.type") throw new Error(`"${path}" Could not find handler`);
      this.composer.type = values[path];
    });
  }

  invoke(calls) {
    return this.each(Object.keys(calls), (path) => {
      this.calls.push(["invoke", path, ...calls[path]]);
      return this.action(path, ...calls[path]);
    });
  }

  /** By path; what fails stands among the errors, and the others are answered all the same. */
  each(paths, work) {
    const result = { errors: {} };
    for (const path of paths) {
      try {
        if (this.refused.has(path)) throw new Error(`"${path}" refused`);
        result[path] = work(path);
      } catch (error) {
        result.errors[path] = { message: error.message };
      }
    }
    return result;
  }

  property(path) {
    if (path === "currentUser") return this.agent;
    if (path === "colorScheme") return this.scheme;
    if (path === "ticket.comment.type" || path === "comment.type") return this.composer.type;
    if (path === "ticket.comment.text" || path === "comment.text") return this.composer.text;
    const [root, name] = path.split(".");
    if (root !== "ticket" || !(name in this.ticket)) throw new Error(`"${path}" Could not find handler`);
    return this.ticket[name];
  }

  action(path, ...given) {
    switch (path) {
      case "resize":
        this.frame.style.height = given[0].height;
        return undefined;
      case "ticket.comment.appendHtml":
      case "comment.appendHtml":
        return this.composer.append(given[0]);
      case "ticket.tags.add":
        this.ticket.tags = [...new Set([...this.ticket.tags, ...given.flat()])];
        return this.ticket.tags;
      case "notify":
        return undefined;
      default:
        throw new Error(`"${path}" Could not find handler`);
    }
  }

  async forward(name, options) {
    const { status, body } = await this.proxy(options).catch(() => ({ status: 0, body: "" }));
    const answered = status >= 200 && status < 300;
    const failure = { status, statusText: "error", responseText: body };
    const given = answered ? [options.dataType === "json" ? JSON.parse(body) : body] : [failure];
    this.trigger(`${name}.${answered ? "done" : "fail"}`, { responseArgs: given });
  }

  send(message) {
    this.frame.contentWindow.postMessage(JSON.stringify(message), this.origin);
  }
}
