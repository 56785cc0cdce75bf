// Finds the last payment that the customer's chat asks for: chain, coin, address, amount.

const PATTERNS = [
  ["btc", /\b(?:bc1|tb1|bcrt1)[02-9ac-hj-np-z]{25,87}\b/],
  ["ltc", /\b(?:ltc1|tltc1|rltc1)[02-9ac-hj-np-z]{25,87}\b/],
  ["eth", /\b0x[0-9a-fA-F]{40}\b/],
  ["trx", /\bT[1-9A-HJ-NP-Za-km-z]{33}\b/],
  ["ltc", /\b[LM][1-9A-HJ-NP-Za-km-z]{26,33}\b/],
  ["btc", /\b[13][1-9A-HJ-NP-Za-km-z]{25,34}\b/],
  ["sol", /\b[1-9A-HJ-NP-Za-km-z]{43,44}\b/],
];

// Searches the messages from the newest; returns undefined if none has an address.
export function lastPayment(messages, chains) {
  const known = new Set(chains.map((chain) => chain.chain));
  for (const message of [...messages].reverse()) {
    if (!message.from.is_bot) continue;
    const words = textOf(message);
    for (const [chain, pattern] of PATTERNS) {
      const found = known.has(chain) && words.match(pattern);
      if (found) return { chain, address: found[0], ...amountAndAsset(words, chains.find((each) => each.chain === chain)) };
    }
  }
  return undefined;
}

function textOf(message) {
  const copied = (message.reply_markup?.inline_keyboard ?? []).flat().map((button) => button.copy_text?.text ?? button.url ?? "");
  return [message.text ?? message.caption ?? "", ...copied].join("\n");
}

const tickerOf = (code) => code.split("_")[0].toUpperCase();

function amountAndAsset(words, chain) {
  const [own, ...tokens] = chain.assets ?? [];
  // A number followed by an equals sign ("1 BTC = 64 000") is part of a rate, not an amount.
  const beside = (asset) => words.match(new RegExp(`([0-9]+(?:[.,][0-9]+)?)\\s*${tickerOf(asset)}\\b(?!\\s*=)`, "i"))?.[1];
  const named = (asset) => new RegExp(`\\b${tickerOf(asset)}\\b`).test(words);
  const asset = [own, ...tokens].find(beside) ?? tokens.find(named) ?? own;
  const exact = words.match(/[?&]amount=([0-9]+(?:\.[0-9]+)?)/) ?? words.match(/^([0-9]+\.[0-9]+)$/m);
  return { asset, amount: (exact?.[1] ?? beside(asset) ?? "").replace(",", ".") };
}
