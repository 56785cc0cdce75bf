// The guide to a first purchase: four steps that tick themselves off, and example goods for the admin's chat.

import * as api from "./api.js";
import { attempt, element } from "./ui.js";

const STEPS = 4;

export class Guide {
  constructor(root, { adminId, examples, onExample }) {
    this.root = root;
    this.find = (selector) => root.querySelector(selector);
    this.find(".guide-examples").append(
      ...examples.map((name) =>
        element("button", { type: "button", class: "link", onclick: () => this.send(adminId, name, onExample) }, name),
      ),
    );
    this.find(".guide-close").addEventListener("click", () => this.show(false));
    root.addEventListener("keydown", (event) => event.key === "Escape" && this.show(false));
    document.querySelector("#guide-open").addEventListener("click", () => this.show(root.hidden));
    this.done = 0;
    this.show(localStorage.getItem("guide") !== "closed");
    this.mark();
  }

  // Opens or closes the guide and remembers the choice; the button at the top opens it again.
  show(open) {
    this.root.hidden = !open;
    localStorage.setItem("guide", open ? "open" : "closed");
    const opener = document.querySelector("#guide-open");
    opener.setAttribute("aria-expanded", String(open));
    if (!open && this.root.contains(document.activeElement)) opener.focus();
  }

  // Checks how far the customer has come; the steps may be done in another order.
  watch({ messages, found, chains, blocksFor }) {
    const bot = messages.filter((message) => message.from.is_bot);
    const paid = chains.flatMap((chain) => [...(chain.mempool ?? []), ...(chain.recent ?? [])].map((transaction) => ({ chain: chain.chain, ...transaction })));
    const final = paid.some(({ chain, confirmations }) => confirmations >= blocksFor(chain));
    const reached = [bot.length > 0, Boolean(found) || paid.length > 0, paid.length > 0, final];
    const first = reached.indexOf(false);
    this.done = Math.max(this.done, first < 0 ? STEPS : first);
    this.mark();
  }

  mark() {
    [...this.find("ol").children].forEach((step, at) => {
      step.classList.toggle("done", at < this.done);
      if (at === this.done) step.setAttribute("aria-current", "step");
      else step.removeAttribute("aria-current");
    });
    this.find(".guide-end").hidden = this.done < STEPS;
  }

  async send(adminId, name, onExample) {
    if (await attempt(() => api.sendExample(adminId, name))) onExample();
  }
}
