// One message as a bubble: text, picture, document, inline keyboard.

import { copy, element, fileSize, lightbox } from "./ui.js";

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long" });

// A small square is most likely a QR code, whose modules need sharp edges.
const MAX_DRAWN_PX = 640;

export const dayOf = (message) => day.format(message.date * 1000);

// `act` holds the actions: press(message, button, node), pay(message, node), say(text), reply() and, for a
// message of their own, edit().
export function bubble(message, act) {
  const fromBot = message.from.is_bot;
  const inGroup = message.chat?.type === "supergroup" && !fromBot;
  const author = inGroup && element("b", { class: "author" }, message.from.first_name);
  const body = element("div", { class: "bubble" }, author || undefined, quote(message), picture(message), fileRow(message));
  if (message.html) body.append(formatted(message, act));
  body.append(foot(message));
  const keyboard = message.reply_markup?.inline_keyboard;
  return element(
    "article",
    { class: `message ${fromBot ? "in" : "out"}`, "data-message-id": message.message_id },
    body,
    keyboard && inlineKeyboard(message, keyboard, act),
    deeds(act),
  );
}

function deeds({ reply, edit }) {
  const buttons = [element("button", { type: "button", onclick: reply }, "Reply")];
  if (edit) buttons.push(element("button", { type: "button", onclick: edit }, "Edit"));
  return element("div", { class: "deeds" }, ...buttons);
}

function quote(message) {
  const original = message.reply_to_message;
  return original && element("blockquote", { class: "reply-to" }, original.text ?? original.caption ?? original.document?.file_name ?? "Picture");
}

function picture(message) {
  if (!message.photo) return undefined;
  const size = message.photo.at(-1);
  const description = message.caption || "Picture";
  const drawn = size.width === size.height && size.width <= MAX_DRAWN_PX;
  const image = element("img", { src: message.url, alt: description, width: size.width, height: size.height, class: drawn && "drawn" });
  return element(
    "button",
    { type: "button", class: "picture", "aria-label": `Enlarge: ${description}`, onclick: () => lightbox(message.url, description) },
    image,
  );
}

function fileRow(message) {
  const sent = message.document ?? message.video ?? message.voice;
  if (!sent) return undefined;
  const { file_name: name = message.video ? "Video" : "Voice message", file_size: size } = sent;
  const extension = name.includes(".") ? name.split(".").at(-1).slice(0, 4) : "file";
  return element(
    "a",
    { class: "document", href: message.url, download: name },
    element("span", { class: "document-icon", "aria-hidden": "true" }, extension),
    element("span", { class: "document-name" }, element("b", {}, name), element("small", {}, `${fileSize(size)} · download`)),
  );
}

// The server makes `html` from text and entities, with everything escaped.
function formatted(message, act) {
  const text = element("div", { class: "text-body" });
  text.innerHTML = message.html;
  for (const code of text.querySelectorAll("code")) {
    const content = code.textContent;
    const target = code.closest("pre") ?? code;
    target.tabIndex = 0;
    target.setAttribute("role", "button");
    target.setAttribute("aria-label", `Copy ${content}`);
    target.title = "Copy";
    activate(target, () => copy(content));
  }
  for (const spoiler of text.querySelectorAll(".spoiler")) activate(spoiler, () => spoiler.classList.add("seen"));
  for (const command of text.querySelectorAll(".command")) {
    command.addEventListener("click", (event) => {
      event.preventDefault();
      act.say(command.dataset.command);
    });
  }
  return text;
}

function activate(node, deed) {
  node.addEventListener("click", deed);
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    deed();
  });
}

function foot(message) {
  const edited = message.edit_date ? "edited " : "";
  const moment = new Date(message.date * 1000);
  return element("time", { class: "foot", datetime: moment.toISOString() }, `${edited}${clock.format(moment)}`);
}

function inlineKeyboard(message, rows, act) {
  const keyboard = element("div", { class: "inline-keyboard" });
  for (const row of rows) {
    const line = element("div", { class: "row" });
    for (const button of row) line.append(inlineButton(message, button, act));
    keyboard.append(line);
  }
  return keyboard;
}

function inlineButton(message, button, act) {
  const look = { class: `key ${button.style ?? ""}` };
  if (button.url) return element("a", { ...look, href: safeLink(button.url), target: "_blank", rel: "noopener noreferrer" }, button.text, corner("leave"));
  if (button.copy_text) {
    const text = button.copy_text.text;
    return element("button", { ...look, type: "button", title: text, onclick: () => copy(text) }, button.text, corner("copy"));
  }
  if (button.pay) {
    const node = element("button", { ...look, type: "button", "data-pay": message.message_id }, button.text);
    node.addEventListener("click", () => act.pay(message, node));
    return node;
  }
  if (button.callback_data === undefined) {
    return element("button", { ...look, type: "button", disabled: true, title: "The sandbox cannot do this" }, button.text);
  }
  const node = element("button", { ...look, type: "button", "data-callback": button.callback_data }, button.text);
  node.addEventListener("click", () => act.press(message, button, node));
  return node;
}

const corner = (sign) => element("span", { class: `corner ${sign}`, "aria-hidden": "true" });
const safeLink = (url) => (/^(https?|tg|ton):\/\//i.test(url) ? url : "#");
