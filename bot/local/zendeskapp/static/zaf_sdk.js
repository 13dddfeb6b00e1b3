/* Stands where Zendesk's own SDK is loaded from: the part of ZAFClient that our app uses, over the same messages between
   frame and page as https://github.com/zendesk/zendesk_app_framework_sdk. The other side is zaf_host.js, which the real
   SDK could talk to as well. */

(() => {
  class Client {
    constructor(origin, guid) {
      Object.assign(this, { origin, guid, handlers: {}, pending: {}, next: 0, waiting: [], registered: null });
      this.on("app.registered", (data) => {
        this.registered = data;
        for (const message of this.waiting.splice(0)) this.send(message);
      });
      window.addEventListener("message", (event) => this.hear(event));
      this.send({ key: "iframe.handshake", message: { version: "2.0" } }, true);
    }

    on(name, handler) {
      (this.handlers[name] ??= []).push(handler);
      if (name !== "app.registered") this.send({ key: `iframe.on:${name}`, message: { subscriberCount: this.handlers[name].length } });
    }

    off(name, handler) {
      this.handlers[name] = (this.handlers[name] ?? []).filter((each) => each !== handler);
    }

    get(path) {
      return this.ask("get", [path].flat(), path);
    }

    set(path, value) {
      return this.ask("set", typeof path === "string" ? { [path]: value } : path, path);
    }

    invoke(path, ...given) {
      return this.ask("invoke", typeof path === "string" ? { [path]: given } : path, path);
    }

    request(options) {
      const name = `request:${(this.next += 1)}`;
      return new Promise((resolve, reject) => {
        const ended = (settle) => (event) => {
          delete this.handlers[`${name}.done`];
          delete this.handlers[`${name}.fail`];
          settle(...event.responseArgs);
        };
        this.on(`${name}.done`, ended(resolve));
        this.on(`${name}.fail`, ended(reject));
        this.send({ key: name, message: typeof options === "string" ? { url: options } : options });
      });
    }

    context() {
      return this.known().then((data) => data.context);
    }

    metadata() {
      return this.known().then((data) => data.metadata);
    }

    known() {
      return this.registered ? Promise.resolve(this.registered) : new Promise((resolve) => this.on("app.registered", resolve));
    }

    async ask(request, params, path) {
      const id = (this.next += 1);
      const result = await new Promise((resolve, reject) => {
        this.pending[id] = { resolve, reject };
        this.send({ id, request, params });
      });
      const failure = typeof path === "string" && result.errors?.[path];
      if (failure) throw new Error(failure.message);
      return result;
    }

    send(message, now = false) {
      if (!now && !this.registered) this.waiting.push(message);
      else window.parent.postMessage(JSON.stringify({ ...message, appGuid: this.guid, instanceGuid: this.guid }), this.origin);
    }

    hear(event) {
      if (event.origin !== this.origin || event.source !== window.parent || typeof event.data !== "string") return;
      const said = JSON.parse(event.data);
      const pending = this.pending[said.id];
      if (pending) {
        delete this.pending[said.id];
        if (said.error) pending.reject(new Error(said.error.message));
        else pending.resolve(said.result);
      } else if (said.key?.startsWith("zaf.")) {
        for (const handler of this.handlers[said.key.slice(4)] ?? []) handler(said.message);
      }
    }
  }

  window.ZAFClient = {
    init() {
      const query = new URLSearchParams(location.search);
      const origin = query.get("origin");
      const guid = query.get("app_guid");
      return origin && guid ? new Client(origin, guid) : false;
    },
  };
})();
