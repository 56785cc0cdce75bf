// One column: a person's chat with the bot, kept up to date by a long poll.

import * as api from "./api.js";
import { bubble, dayOf } from "./message.js";
import { alertBox, attempt, element, toast } from "./ui.js";

const RETRY_MS = 1500;
const NEAR_BOTTOM_PX = 120;

export class ChatColumn {
  constructor(root, { userId, role, groups, onView }) {
    this.root = root;
    this.role = role;
    this.onView = onView;
    root.append(document.querySelector("#chat-template").content.cloneNode(true));
    this.find = (selector) => root.querySelector(selector);
    this.find(".role").textContent = role;
    this.find(".place").append(...groups.map(({ id, title }) => new Option(`${title} (group)`, id)));
    this.find(".place").hidden = groups.length === 0;
    this.listen();
    this.show(userId);
  }

  // Switches the column to another person, or to their view of a group.
  show(userId, place = {}) {
    this.polling?.abort();
    this.polling = new AbortController();
    Object.assign(this, { userId, place, view: undefined, shown: new Map(), answered: undefined, waiting: new Set(), hidden: false });
    this.find(".messages").replaceChildren();
    this.find(".person-id").value = userId;
    this.find(".place").value = place.group ?? "";
    this.compose();
    this.follow(userId, this.polling.signal);
  }

  async follow(userId, signal) {
    while (!signal.aborted) {
      try {
        this.update(await api.chat(userId, this.place, { afterVersion: this.view?.version, signal }), signal);
        this.root.classList.remove("offline");
      } catch (error) {
        if (signal.aborted) return;
        this.root.classList.add("offline");
        this.find(".status").textContent = "no connection to the shop";
        this.view = undefined;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  update(view, signal) {
    if (signal.aborted) return;
    const known = this.view;
    this.view = view;
    this.showHead();
    this.showMessages();
    this.showAnswers();
    this.showCommands();
    if (JSON.stringify(known?.reply_keyboard) !== JSON.stringify(view.reply_keyboard)) this.showKeyboard();
    this.onView(view, this);
  }

  showHead() {
    const { user, bot, pending, blocked } = this.view;
    this.find(".bot-name").textContent = bot.first_name;
    this.find(".avatar").textContent = bot.first_name.slice(0, 1);
    this.find(".person-name").textContent = user.first_name;
    this.find(".status").textContent = blocked ? "you blocked this bot" : pending ? "is working on it…" : "bot";
    this.root.classList.toggle("pending", pending > 0);
    this.find(".wallet").textContent = `Wallet: ${this.view.stars.toLocaleString()} ⭐`;
    this.find(".block").textContent = blocked ? "Unblock the bot" : "Block the bot";
    const language = this.find(".language");
    const code = user.language_code ?? "";
    if (![...language.options].some((option) => option.value === code)) language.add(new Option(code, code));
    language.value = code;
  }

  showMessages() {
    const list = this.find(".messages");
    const before = this.shown;
    const first = before.size === 0;
    const atBottom = this.atBottom;
    this.shown = new Map();
    const nodes = [];
    let lastDay;
    for (const message of this.view.messages) {
      if (dayOf(message) !== lastDay) nodes.push(element("p", { class: "day" }, (lastDay = dayOf(message))));
      nodes.push(this.nodeOf(message, before.get(message.message_id)));
    }
    if (nodes.length === 0) nodes.push(this.welcome());
    replaceInPlace(list, nodes);
    this.restoreFocus();
    const grown = [...this.shown.keys()].some((id) => !before.has(id));
    if (first || (grown && atBottom)) this.toBottom();
  }

  // An edit replaces the button that was just pressed: keep the keyboard focus in that place.
  restoreFocus() {
    if (!this.refocus) return;
    const keys = [...this.refocus.node.querySelectorAll(".key")];
    const target = keys.find((key) => key.dataset.callback === this.refocus.callback) ?? keys[0];
    target?.focus({ preventScroll: true });
    this.refocus = undefined;
  }

  nodeOf(message, known) {
    const signature = JSON.stringify(message);
    if (known?.signature === signature) {
      this.shown.set(message.message_id, known);
      return known.node;
    }
    const mine = message.from.id === this.userId && (message.text || message.caption);
    const node = bubble(message, {
      press: (...all) => this.press(...all),
      say: (text) => this.say(text),
      pay: (...all) => this.pay(...all),
      reply: () => this.compose({ replyTo: message }),
      edit: mine && (() => this.compose({ edited: message })),
    });
    if (known) node.classList.add("changed");
    if (known?.node.contains(document.activeElement)) this.refocus = { node, callback: document.activeElement.dataset.callback };
    this.shown.set(message.message_id, { signature, node });
    return node;
  }

  welcome() {
    const start = element("button", { type: "button", class: "start primary", onclick: () => this.say("/start") }, "Start");
    const words = this.view.bot.description || "No messages yet. Press Start.";
    return element("div", { class: "welcome" }, element("span", { class: "avatar bot large", "aria-hidden": "true" }, this.view.bot.first_name.slice(0, 1)), element("p", {}, words), start);
  }

  showAnswers() {
    const first = this.answered === undefined;
    const seen = this.answered ?? new Set();
    for (const answer of this.view.answers) {
      if (seen.has(answer.callback_query_id)) continue;
      seen.add(answer.callback_query_id);
      if (first) continue;
      this.release();
      if (!answer.text) continue;
      if (answer.show_alert) alertBox(answer.text);
      else toast(this.find(".toast"), answer.text);
    }
    this.answered = seen;
    if (this.view.pending === 0) this.release();
  }

  release() {
    for (const node of this.waiting) node.classList.remove("waiting");
    this.waiting.clear();
  }

  showCommands() {
    const box = this.find(".commands");
    const commands = this.view.commands;
    this.find(".open-commands").hidden = commands.length === 0;
    box.replaceChildren(
      ...commands.map(({ command, description }) =>
        element(
          "button",
          { type: "button", onclick: () => this.say(`/${command}`) },
          element("b", {}, `/${command}`),
          element("span", {}, description),
        ),
      ),
    );
    this.filterCommands();
  }

  filterCommands() {
    const typed = this.find(".text").value;
    const asked = this.find(".open-commands").getAttribute("aria-expanded") === "true";
    let some = false;
    for (const node of this.find(".commands").children) {
      const fits = asked || (typed.startsWith("/") && node.firstChild.textContent.startsWith(typed));
      node.hidden = !fits;
      some ||= fits;
    }
    this.find(".commands").hidden = !some;
  }

  showKeyboard() {
    const rows = this.view.reply_keyboard;
    const box = this.find(".reply-keyboard");
    this.find(".toggle-keyboard").hidden = !rows;
    box.hidden = !rows || this.hidden;
    box.replaceChildren(
      ...(rows ?? []).map((row) =>
        element("div", { class: "row" }, ...row.map(({ text }) => element("button", { type: "button", onclick: () => this.say(text) }, text))),
      ),
    );
  }

  toBottom() {
    const list = this.find(".messages");
    list.scrollTop = list.scrollHeight;
    this.atBottom = true;
  }

  // Stay scrolled to the end when pictures load or a keyboard takes up room.
  keepBottom() {
    const list = this.find(".messages");
    list.addEventListener("scroll", () => (this.atBottom = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_BOTTOM_PX), { passive: true });
    new ResizeObserver(() => this.atBottom && this.toBottom()).observe(list);
    list.addEventListener("load", () => this.atBottom && this.toBottom(), { capture: true });
  }

  async say(text) {
    this.find(".open-commands").setAttribute("aria-expanded", "false");
    this.toBottom();
    const { replyTo, edited } = this.composed;
    const deed = edited
      ? () => api.edit(this.userId, edited.message_id, text, this.place)
      : () => api.say(this.userId, text, this.place, replyTo?.message_id);
    const done = await attempt(deed, this.find(".toast"));
    if (done) this.compose();
    return done;
  }

  // The next message is a new one, a reply, or an edit of an earlier one.
  compose(what = {}) {
    const about = what.replyTo ?? what.edited;
    this.composed = what;
    this.find(".composing").hidden = !about;
    if (!about) return;
    const words = about.text ?? about.caption ?? "a file";
    this.find(".composing-what").textContent = `${what.edited ? "Edit" : "Reply to"}: ${words.slice(0, 60)}`;
    if (what.edited) this.find(".text").value = words;
    this.find(".text").focus();
  }

  async press(message, button, node) {
    node.classList.add("waiting");
    this.waiting.add(node);
    const deed = () => api.press(this.userId, message.message_id, button.callback_data, this.place);
    if (!(await attempt(deed, this.find(".toast")))) this.release();
  }

  async pay(message, node) {
    node.classList.add("waiting");
    this.waiting.add(node);
    const done = await attempt(() => api.payStars(this.userId, message.message_id), this.find(".toast"));
    if (!done) this.release();
  }

  async send(file, caption) {
    const sent = await api.sendDocument(this.userId, file, caption, this.place, this.composed.replyTo?.message_id);
    this.compose();
    return sent;
  }

  // Telegram refunds the newest payment without asking the shop.
  async takeBack() {
    const { payments } = await api.wallet(this.userId);
    const newest = payments.find((payment) => !payment.refunded);
    if (!newest) throw new Error("There is no payment to take back.");
    return api.chargeBack(newest.charge_id);
  }

  listen() {
    const text = this.find(".text");
    this.find(".composer").addEventListener("submit", async (event) => {
      event.preventDefault();
      if (text.value.trim() && (await this.say(text.value))) text.value = "";
      this.fit();
      this.filterCommands();
    });
    text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.find(".composer").requestSubmit();
    });
    text.addEventListener("input", () => {
      this.fit();
      this.filterCommands();
    });
    this.find(".file").addEventListener("change", async (event) => {
      const [file] = event.target.files;
      if (file && (await attempt(() => this.send(file, text.value.trim()), this.find(".toast")))) text.value = "";
      event.target.value = "";
    });
    this.keepBottom();
    this.listenToHead();
  }

  listenToHead() {
    this.find(".place").addEventListener("change", (event) => this.show(this.userId, event.target.value ? { group: event.target.value } : {}));
    this.find(".stop-composing").addEventListener("click", () => {
      if (this.composed.edited) this.find(".text").value = "";
      this.compose();
    });
    this.find(".person-id").addEventListener("change", (event) => {
      const number = Number(event.target.value);
      if (Number.isSafeInteger(number) && number > 0) this.show(number, this.place);
      else event.target.value = this.userId;
    });
    this.find(".person-id").addEventListener("focus", (event) => event.target.select());
    this.find(".language").addEventListener("change", (event) =>
      attempt(() => api.change(this.userId, { language_code: event.target.value || null }), this.find(".toast")),
    );
    this.find(".block").addEventListener("click", () =>
      attempt(() => api.block(this.userId, !this.view.blocked), this.find(".toast")),
    );
    this.find(".fill-wallet").addEventListener("click", () =>
      attempt(() => api.fillWallet(this.userId, 10_000), this.find(".toast")),
    );
    this.find(".take-back").addEventListener("click", () => attempt(() => this.takeBack(), this.find(".toast")));
    this.flip(".open-commands", () => this.filterCommands());
    this.flip(".toggle-keyboard", (open) => {
      this.hidden = !open;
      this.showKeyboard();
    });
    document.addEventListener("click", (event) => {
      const menu = this.find(".menu");
      if (menu.open && !menu.contains(event.target)) menu.open = false;
    });
    this.root.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.find(".menu").open = false;
    });
  }

  flip(selector, deed) {
    const button = this.find(selector);
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-expanded") !== "true";
      button.setAttribute("aria-expanded", String(open));
      deed(open);
    });
  }

  fit() {
    const text = this.find(".text");
    text.style.height = "auto";
    text.style.height = `${Math.min(text.scrollHeight, 140)}px`;
  }
}

// Moves only the nodes that are out of place, so that focus and scroll position stay put.
function replaceInPlace(list, nodes) {
  const wanted = new Set(nodes);
  for (const node of [...list.children]) if (!wanted.has(node)) node.remove();
  nodes.forEach((node, place) => {
    if (list.children[place] !== node) list.insertBefore(node, list.children[place] ?? null);
  });
}
