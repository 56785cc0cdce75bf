// Call the sandbox's own API. A refusal becomes an Error with the server's sentence.

const BASE = "/sandbox/api";
// With `?bot=<username>` the page shows the chats with another bot of the shop.
export const BOT = new URLSearchParams(location.search).get("bot");
const named = BOT ? { bot: BOT } : {};

async function request(method, path, { json, form, signal } = {}) {
  const options = { method, signal, headers: {} };
  if (json !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(json);
  } else if (form) {
    options.body = form;
  }
  const reply = await fetch(`${BASE}/${path}`, options);
  const body = await reply.json().catch(() => ({}));
  if (!reply.ok) throw new Error(body.error ?? `The sandbox answered ${reply.status}.`);
  return body;
}

// `place` is `{}` for the chat with the bot and `{ group }` for a group.
export const say = (user, text, place, replyTo) =>
  request("POST", `users/${user}/messages`, { json: { text, reply_to: replyTo, ...place, ...named } });
export const edit = (user, messageId, text, place) =>
  request("PATCH", `users/${user}/messages/${messageId}`, { json: { text, ...place, ...named } });
export const press = (user, messageId, data, place) =>
  request("POST", `users/${user}/callbacks`, { json: { message_id: messageId, data, ...place, ...named } });
export const payStars = (user, messageId) => request("POST", `users/${user}/stars/pay`, { json: { message_id: messageId } });
export const fillWallet = (user, stars) => request("POST", `users/${user}/stars/fill`, { json: { stars } });
export const wallet = (user) => request("GET", `users/${user}/stars`);
export const chargeBack = (chargeId) => request("POST", "telegram/chargeback", { json: { charge_id: chargeId } });
export const change = (user, profile) => request("PATCH", `users/${user}`, { json: profile });
export const block = (user, blocked) => request("POST", `users/${user}/${blocked ? "block" : "unblock"}`, { json: named });

export function sendDocument(user, file, caption, place, replyTo) {
  const form = new FormData();
  if (place.group) form.append("group", place.group);
  if (replyTo) form.append("reply_to", replyTo);
  form.append("document", file, file.name);
  if (caption) form.append("caption", caption);
  if (BOT) form.append("bot", BOT);
  return request("POST", `users/${user}/messages`, { form });
}

export const sendExample = (user, name) => request("POST", `users/${user}/examples/${name}`, { json: {} });

export function chat(user, place, { afterVersion, signal } = {}) {
  const asked = afterVersion === undefined ? {} : { after_version: afterVersion, wait: 20 };
  return request("GET", `users/${user}/chat?${new URLSearchParams({ ...asked, ...place, ...named })}`, { signal });
}

export const state = () => request("GET", "state");
export const pay = (chain, payment) => request("POST", `chains/${chain}/pay`, { json: payment });
export const mine = (chain, blocks) => request("POST", `chains/${chain}/mine`, { json: { blocks } });
export const drop = (chain, txid) => request("POST", `chains/${chain}/drop`, { json: { txid } });
export const breakChain = (server, kind, count) => request("POST", `chains/${server}/fault`, { json: { kind, count } });
export const breakTelegram = (fault) => request("POST", "telegram/fault", { json: fault });
export const switchTelegram = (name, on) => request("POST", `telegram/${name}`, { json: { on } });
export const setFees = (chain, times) => request("POST", `chains/${chain}/fees`, { json: { times } });
