// Helpers that every part of the page uses.

export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== undefined && child !== null));
  return node;
}

const timers = new WeakMap();

export function toast(box, text, { error = false } = {}) {
  box.textContent = text;
  box.classList.toggle("error", error);
  box.hidden = false;
  clearTimeout(timers.get(box));
  timers.set(box, setTimeout(() => (box.hidden = true), error ? 6000 : 3000));
}

export const pageToast = (text, options) => toast(document.querySelector(".page-toast"), text, options);

// Runs an action; a refusal is always shown.
export async function attempt(deed, box = document.querySelector(".page-toast")) {
  try {
    return await deed();
  } catch (error) {
    toast(box, error.message, { error: true });
    return undefined;
  }
}

export function alertBox(text) {
  const dialog = document.querySelector("dialog.alert");
  dialog.querySelector(".alert-text").textContent = text;
  if (!dialog.open) dialog.showModal();
}

export function lightbox(url, description) {
  const dialog = document.querySelector("dialog.lightbox");
  const picture = dialog.querySelector("img");
  picture.src = url;
  picture.alt = description;
  dialog.showModal();
}

// The clipboard needs a secure context: loopback is one, another host on the local network is not.
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = element("textarea", { class: "offscreen", readonly: true });
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  pageToast(`Copied: ${text.length > 48 ? `${text.slice(0, 45)}…` : text}`);
}

export const shortened = (text, ends = 7) => (text.length > ends * 2 + 1 ? `${text.slice(0, ends)}…${text.slice(-ends)}` : text);

export function fileSize(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
