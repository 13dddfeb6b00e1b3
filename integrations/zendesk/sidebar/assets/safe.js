/* HTML as nodes of the few kinds that an answer has. The server has sanitised it: this is the second wall. Nothing is
   ever parsed into the page: what is not on the list is read for its text, and made anew. */

const TAGS = new Set(["A", "BLOCKQUOTE", "BR", "CODE", "EM", "LI", "OL", "P", "PRE", "STRONG", "UL"]);
const DROPPED = new Set(["SCRIPT", "STYLE", "TEMPLATE", "NOSCRIPT", "IFRAME", "OBJECT"]);
const MARK = /^\[\d{1,3}\]$/;

/** A fragment; `shown`: with links that open in a tab of their own. */
export function fragment(html, shown = true) {
  const made = document.createDocumentFragment();
  copy(new DOMParser().parseFromString(html, "text/html").body, made, shown);
  return made;
}

/** The same as HTML, for the editor and the clipboard. */
export function serialised(html) {
  const box = document.createElement("div");
  box.append(fragment(html, false));
  return box.innerHTML;
}

export function address(url) {
  try {
    const found = new URL(url);
    return found.protocol === "https:" || found.protocol === "http:" ? found.href : "";
  } catch {
    return "";
  }
}

export function link(url, text) {
  const made = document.createElement(address(url) ? "a" : "span");
  made.textContent = text;
  if (address(url)) outward(made, url);
  return made;
}

function outward(anchor, url) {
  anchor.href = address(url);
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer";
}

function copy(from, to, shown) {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) {
      to.append(node.data);
    } else if (node.nodeType === Node.ELEMENT_NODE && !DROPPED.has(node.tagName)) {
      const known = TAGS.has(node.tagName);
      const made = known ? document.createElement(node.tagName) : to;
      if (known) {
        dress(made, node, shown);
        to.append(made);
      }
      copy(node, made, shown);
    }
  }
}

function dress(made, node, shown) {
  if (node.tagName === "OL" && /^\d{1,6}$/.test(node.getAttribute("start") ?? "")) {
    made.setAttribute("start", node.getAttribute("start"));
  }
  const url = node.tagName === "A" ? address(node.getAttribute("href") ?? "") : "";
  if (!url) return;
  if (!shown) {
    made.setAttribute("href", url);
    return;
  }
  outward(made, url);
  const number = node.textContent.trim();
  if (MARK.test(number)) {
    made.className = "mark";
    made.setAttribute("aria-label", `Source ${number.slice(1, -1)}`);
  }
}
