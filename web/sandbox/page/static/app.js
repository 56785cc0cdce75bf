// Put the page together: two chats, the chains, and the buttons that switch between them.

import { ChainPanel } from "./chains.js";
import { ChatColumn } from "./chat.js";
import { Guide } from "./guide.js";
import * as api from "./api.js";
import { element } from "./ui.js";

function choose(view) {
  document.body.dataset.view = view;
  for (const button of document.querySelectorAll("[data-show]")) button.setAttribute("aria-pressed", String(button.dataset.show === view));
}

function theme() {
  const root = document.documentElement;
  const asked = new URLSearchParams(location.search).get("theme") ?? localStorage.getItem("theme");
  if (asked) root.dataset.theme = asked;
  document.querySelector("#theme").addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    localStorage.setItem("theme", root.dataset.theme);
  });
}

// With several bots, choosing one reloads the page for it.
function chooseBot(bots) {
  const select = document.querySelector("#bot");
  select.closest("label").hidden = bots.length < 2;
  select.replaceChildren(...bots.map(({ username, first_name: name }) => new Option(`${name} · @${username}`, username)));
  select.value = api.BOT ?? bots[0]?.username;
  select.addEventListener("change", () => {
    const asked = new URLSearchParams(location.search);
    asked.set("bot", select.value);
    location.search = asked;
  });
}

function showPeople({ users }) {
  const list = document.querySelector("#people");
  const names = users.map(({ id, first_name: name }) => `${id} ${name}`).join();
  if (list.dataset.names === names) return;
  list.dataset.names = names;
  list.replaceChildren(...users.map(({ id, first_name: name }) => element("option", { value: id }, name)));
}

async function begin() {
  theme();
  for (const button of document.querySelectorAll("[data-show]")) button.addEventListener("click", () => choose(button.dataset.show));
  const asked = new URLSearchParams(location.search);
  if (asked.has("view")) choose(asked.get("view"));
  const state = await api.state().catch(() => ({ admin_id: 1, customer_id: 1001 }));
  const { admin_id: admin, customer_id: customer, examples = [], bots = [], groups = [] } = state;
  chooseBot(bots);
  const guide = new Guide(document.querySelector(".guide"), { adminId: admin, examples, onExample: () => choose("admin") });
  const chains = new ChainPanel(document.querySelector("[data-panel=chains]"), { onState: showPeople, onChange: (progress) => guide.watch(progress) });
  new ChatColumn(document.querySelector("[data-chat=customer]"), { userId: customer, role: "Customer", groups, onView: (view) => chains.watch(view.messages) });
  new ChatColumn(document.querySelector("[data-chat=admin]"), { userId: admin, role: "Admin", groups, onView: () => {} });
}

begin();
