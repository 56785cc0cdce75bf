// The panel of the blockchains: pay, mine, drop, break.

import * as api from "./api.js";
import { lastPayment } from "./pickup.js";
import { attempt, copy, element, pageToast, shortened } from "./ui.js";

const REFRESH_MS = 2000;

export class ChainPanel {
  constructor(root, { onState, onChange }) {
    this.root = root;
    this.onState = onState;
    this.onChange = onChange;
    this.state = { chains: [] };
    this.messages = [];
    root.append(document.querySelector("#chains-template").content.cloneNode(true));
    this.find = (selector) => root.querySelector(selector);
    this.listen();
    this.refresh();
    setInterval(() => document.hidden || this.refresh(), REFRESH_MS);
  }

  get chain() {
    return this.state.chains.find((chain) => chain.chain === this.selected) ?? this.state.chains[0];
  }

  async refresh() {
    try {
      this.state = await api.state();
    } catch {
      return; // the chats show that there is no connection
    }
    this.onState(this.state);
    this.show();
    this.tell();
  }

  // Tells the guide how far the customer has come.
  tell() {
    this.onChange({ messages: this.messages, found: this.found, chains: this.state.chains, blocksFor: (chain) => this.blocksFor(chain)[1] });
  }

  // How many blocks a small, a medium and a large payment need.
  blocksFor(chain) {
    return this.state.blocks_to_mine?.chains[chain] ?? [1, 2, 6];
  }

  // Finds in the customer's messages what they are asked to pay.
  watch(messages) {
    this.messages = messages;
    this.showPickup();
    this.tell();
  }

  show() {
    const signature = JSON.stringify([this.state, this.selected]);
    if (signature === this.signature) return;
    this.signature = signature;
    const chain = this.chain;
    if (!chain) return;
    this.selected = chain.chain;
    this.showTabs();
    this.find(".height-number").textContent = chain.height.toLocaleString();
    this.showAssets(chain);
    this.showTransactions(".mempool", chain.mempool ?? [], chain, "No pending transactions.");
    this.showTransactions(".recent", chain.recent ?? [], chain, "No payments yet.");
    this.find(".mempool-count").textContent = (chain.mempool ?? []).length;
    this.showServers(chain);
    this.showFaults();
    this.showBlocksNeeded(chain);
    this.showPickup();
  }

  showBlocksNeeded(chain) {
    if (!this.state.blocks_to_mine) return;
    const { limits, currency } = this.state.blocks_to_mine;
    const [small, medium, large] = this.blocksFor(chain.chain);
    const [few, many] = limits.map((limit) => `${limit.toLocaleString()} ${currency}`);
    const said = small === large ? `A payment counts after ${small} blocks.` : `A payment up to ${few} counts after ${small} ${small === 1 ? "block" : "blocks"}, up to ${many} after ${medium}, above after ${large}.`;
    this.find(".blocks-needed").textContent = said;
  }

  showTabs() {
    const tabs = this.find(".chain-tabs");
    const names = this.state.chains.map((chain) => chain.chain).join();
    if (tabs.dataset.names !== names) {
      tabs.dataset.names = names;
      tabs.replaceChildren(
        ...this.state.chains.map((chain) =>
          element("button", { type: "button", role: "tab", "data-chain": chain.chain, title: chain.name, onclick: () => this.select(chain.chain) }, chain.chain.toUpperCase()),
        ),
      );
    }
    for (const tab of tabs.children) {
      const active = tab.dataset.chain === this.selected;
      tab.setAttribute("aria-selected", String(active));
    }
  }

  select(chain, asset) {
    this.selected = chain;
    this.show();
    if (asset) this.find("[name=asset]").value = asset;
  }

  showAssets(chain) {
    const select = this.find("[name=asset]");
    const codes = (chain.assets ?? []).map((asset) => asset.code ?? asset);
    if (select.dataset.codes === codes.join()) return;
    select.dataset.codes = codes.join();
    select.replaceChildren(...codes.map((code) => new Option(code.replace("_", " · "), code)));
  }

  showTransactions(selector, transactions, chain, none) {
    const rows = transactions.slice(0, 12).map((transaction) => this.row(transaction, chain));
    this.find(selector).replaceChildren(...(rows.length ? rows : [element("li", { class: "none" }, none)]));
  }

  row(transaction, chain) {
    const { txid, confirmations } = transaction;
    const output = this.outputOf(transaction);
    const ticker = String(transaction.asset ?? chain.chain).split("_")[0].toUpperCase();
    const mined = transaction.height !== null && transaction.height !== undefined;
    const state = mined ? `${confirmations} conf.` : "waiting";
    return element(
      "li",
      { "data-txid": txid },
      element("div", { class: "paid" }, element("b", {}, output ? `${output.amount} ${ticker}` : ticker), element("span", { class: mined ? "state done" : "state" }, state)),
      output && element("small", { title: output.address }, `to ${shortened(output.address, 9)}`),
      element(
        "div",
        { class: "tools" },
        element("button", { type: "button", class: "link", title: txid, onclick: () => copy(txid) }, shortened(txid, 6)),
        element("button", { type: "button", class: "link danger", "aria-label": `Drop ${txid}`, onclick: () => this.drop(txid) }, mined ? "reorg" : "drop"),
      ),
    );
  }

  // A transaction may have several outputs: show the one that a person here was asked to pay. Change is not listed.
  outputOf({ txid, outputs, address, amount }) {
    const all = outputs ?? (address ? [{ address, amount }] : []);
    const paid = JSON.parse(sessionStorage.getItem("paid") ?? "{}")[txid];
    const said = this.messages.map((message) => `${message.text ?? ""} ${message.caption ?? ""}`).join(" ");
    return all.find((output) => output.address === paid) ?? all.find((output) => said.includes(output.address)) ?? all[0];
  }

  showPickup() {
    const found = lastPayment(this.messages, this.state.chains);
    const box = this.find(".pickup");
    this.found = found;
    const used = found && this.find("[name=address]").value.trim() === found.address && this.selected === found.chain;
    box.hidden = !found || used;
    if (!found) return;
    this.find(".pickup-amount").textContent = found.amount ? `${found.amount} ${found.asset.split("_")[0]}` : "";
    this.find(".pickup-address").textContent = shortened(found.address, 10);
    box.title = found.address;
  }

  usePickup() {
    if (!this.found) return;
    this.select(this.found.chain, this.found.asset);
    this.find("[name=address]").value = this.found.address;
    if (this.found.amount) this.find("[name=amount]").value = this.found.amount;
    this.showPickup();
    this.find(this.found.amount ? ".pay .primary" : "[name=amount]").focus();
  }

  showServers(chain) {
    const select = this.find("[name=server]");
    if (select.dataset.chain === chain.chain) return;
    select.dataset.chain = chain.chain;
    const others = [["prices", "all price sources"], ...["coingecko", "kraken", "coinbase", "binance", "kryptoexpress"].map((name) => [name, name])];
    const own = [[chain.chain, `all servers of ${chain.name}`], ...chain.servers.map((name) => [name, name])];
    select.replaceChildren(...[...own, ...others].map(([name, label]) => new Option(label, name)));
  }

  showFaults() {
    this.find(".text-only").checked = this.state.text_only;
    this.find(".paced").checked = this.state.paced;
    this.find(".private").checked = this.state.private;
    const rows = (this.state.faults ?? []).map(({ kind, count, method }) => element("li", {}, `Telegram: ${kind} × ${count}${method ? ` for ${method}` : ""}`));
    this.find(".fault-list").replaceChildren(...rows);
  }

  async pay(form) {
    const payment = { address: form.address.value.trim(), amount: form.amount.value.trim().replace(",", "."), asset: form.asset.value || undefined };
    const done = await attempt(() => api.pay(this.selected, payment));
    if (!done) return;
    const paid = JSON.parse(sessionStorage.getItem("paid") ?? "{}");
    sessionStorage.setItem("paid", JSON.stringify({ ...paid, [done.txid]: payment.address }));
    pageToast(`Paid: ${shortened(done.txid, 8)}`);
    form.address.value = form.amount.value = "";
    this.signature = undefined;
    await this.refresh();
  }

  async mine(blocks) {
    if (await attempt(() => api.mine(this.selected, blocks))) await this.refresh();
  }

  async drop(txid) {
    if (await attempt(() => api.drop(this.selected, txid))) pageToast("Dropped.");
    await this.refresh();
  }

  async setFees(times) {
    if (await attempt(() => api.setFees(this.selected, times))) pageToast(`Fees are ${times} times the usual.`);
    await this.refresh();
  }

  listen() {
    const onSubmit = (selector, deed) =>
      this.find(selector).addEventListener("submit", (event) => {
        event.preventDefault();
        deed(event.target.elements);
      });
    onSubmit(".pay", (fields) => this.pay(fields));
    onSubmit(".mine", (fields) => this.mine(Number(fields.blocks.value)));
    onSubmit(".chain-fault", (fields) => this.break(() => api.breakChain(fields.server.value, fields.kind.value, Number(fields.count.value))));
    onSubmit(".telegram-fault", (fields) => this.break(() => api.breakTelegram(telegramFault(fields))));
    onSubmit(".chain-fees", (fields) => this.setFees(Number(fields.times.value)));
    for (const button of this.root.querySelectorAll("[data-blocks]")) {
      button.addEventListener("click", () => this.mine(Number(button.dataset.blocks)));
    }
    this.find(".pickup").addEventListener("click", () => this.usePickup());
    this.find("[name=address]").addEventListener("input", () => this.showPickup());
    for (const [box, name] of [[".text-only", "text_only"], [".paced", "paced"], [".private", "private"]]) {
      this.find(box).addEventListener("change", (event) => this.break(() => api.switchTelegram(name, event.target.checked)));
    }
    this.find(".chain-tabs").addEventListener("keydown", (event) => this.moveTab(event));
  }

  async break(deed) {
    if (await attempt(deed)) pageToast("Done.");
    await this.refresh();
  }

  moveTab(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const tabs = [...event.currentTarget.children];
    const next = tabs.at((tabs.findIndex((tab) => tab.dataset.chain === this.selected) + step) % tabs.length);
    next.focus();
    this.select(next.dataset.chain);
  }
}

// Empty fields are left out: the fault then applies to every call, or to every chat.
function telegramFault(fields) {
  const fault = { kind: fields.kind.value, count: Number(fields.count.value), seconds: Number(fields.seconds.value || 1) };
  if (fields.method.value.trim()) fault.method = fields.method.value.trim();
  if (fields.chat.value) fault.chat_id = Number(fields.chat.value);
  if (fault.kind === "answer") Object.assign(fault, { status: Number(fields.status.value), body: fields.body.value || "{}" });
  return fault;
}
