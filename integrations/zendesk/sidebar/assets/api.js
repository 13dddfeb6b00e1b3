/* The bot's API, by Zendesk's proxy: it signs the token with a secret that this page never sees. */

const SIGNED = {
  headers: { Authorization: "Bearer {{jwt.token}}" },
  secure: true,
  cors: false,
  autoRetry: false, // a question that is asked twice is paid for twice
  timeout: 30_000,
  contentType: "application/json",
  dataType: "json",
};

/** What went wrong: `kind` is "setup", "busy", "shadow", "refused" or "down". */
export class ApiError extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

export class Api {
  constructor(client, base, account, agent) {
    this.client = client;
    this.base = base.replace(/\/$/, "");
    this.jwt = {
      algorithm: "HS256",
      secret_key: "{{setting.shared_secret}}",
      expiry: 60,
      claims: { iss: account, aud: "supportbot", sub: String(agent) },
    };
  }

  draft(ticket) {
    return this.call("GET", `/tickets/${ticket}/draft`);
  }

  redraft(ticket, wish) {
    return this.call("POST", `/tickets/${ticket}/draft`, wish);
  }

  ask(query) {
    return this.call("POST", "/ask", { query });
  }

  rate(answer, vote) {
    return this.call("POST", `/answers/${encodeURIComponent(answer)}/rating`, vote);
  }

  async call(type, path, body) {
    const sent = { ...SIGNED, jwt: this.jwt, type, url: `${this.base}/zendesk/app${path}` };
    if (body !== undefined) sent.data = JSON.stringify(body);
    let found;
    try {
      found = await this.client.request(sent);
    } catch (failure) {
      throw described(failure);
    }
    const read = typeof found === "string" ? parsed(found) : found;
    if (read === null || typeof read !== "object") throw new ApiError("down", "The answer could not be read.");
    return read;
  }
}

function described(failure) {
  const status = Number(failure?.status ?? 0);
  const error = (failure?.responseJSON ?? parsed(failure?.responseText))?.error ?? {};
  if (status === 401) {
    return new ApiError(
      "setup",
      "The bot does not accept this app. An admin compares the app’s shared secret with SUPPORTBOT_ZENDESK_APP_SECRET.",
    );
  }
  if (status === 404 && !/answer|ticket/.test(error.message ?? "")) {
    return new ApiError("setup", "The bot is not set up for this app: SUPPORTBOT_ZENDESK_APP_SECRET is not set there.");
  }
  if (status === 409) return new ApiError("shadow", error.message ?? "");
  if (status === 429) return new ApiError("busy", "Too many questions at once. Wait a moment, then try again.");
  if (status === 503 || status === 504) return new ApiError("busy", "The bot is busy. Try again in a moment.");
  if (status >= 400 && status < 500) return new ApiError("refused", error.message ?? "That was not accepted.");
  if (status >= 500) return new ApiError("down", `The bot failed. Tell an admin this id: ${error.request_id ?? "none"}.`);
  return new ApiError("down", "The bot could not be reached.");
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
