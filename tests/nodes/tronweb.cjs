// Answers questions about TRON transactions with tronweb: one JSON object per line in, one per line out.
// Usage: node tronweb.cjs FOLDER, where FOLDER is the one that tests/nodes/install fills.
const path = require("path");
const readline = require("readline");
const { utils } = require(require.resolve("tronweb", { paths: [path.resolve(process.argv[2])] }));

const hex = (bytes) => Buffer.from(bytes).toString("hex");

// Reads a signed transaction as it is sent: its fields, its id, and who signed it.
function read(transaction) {
  const message = globalThis.TronWebProto.Transaction.deserializeBinary(Buffer.from(transaction, "hex"));
  const raw = hex(message.getRawData().serializeBinary());
  const type = { 1: "TransferContract", 31: "TriggerSmartContract" }[message.getRawData().getContractList()[0].getType()];
  const txid = utils.transaction.txPbToTxID(message).replace(/^0x/, "");
  const signature = hex(message.getSignatureList_asU8()[0]);
  return { txid, raw, fields: utils.deserializeTx.deserializeTransaction(type, raw), signer: utils.crypto.ecRecover(txid, signature) };
}

// Builds and signs a transaction from its fields.
function sign(rawData, privateKey) {
  const message = utils.transaction.txJsonToPb({ raw_data: rawData });
  const txID = utils.transaction.txPbToTxID(message).replace(/^0x/, "");
  const [signature] = utils.crypto.signTransaction(privateKey, { txID }).signature;
  return { txid: txID, raw: utils.transaction.txPbToRawDataHex(message).toLowerCase(), signature: signature.toLowerCase() };
}

// Checks a transaction as TRON's HTTP interface writes it, and puts its owner's signature into it, as `trx.sign` does.
function signJson(transaction, privateKey) {
  return { valid: utils.transaction.txCheck(transaction), signed: utils.crypto.signTransaction(privateKey, transaction) };
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const question = JSON.parse(line);
  if (question.unsigned) {
    process.stdout.write(JSON.stringify(signJson(question.unsigned, question.private_key)) + "\n");
    return;
  }
  const answer = { read: read(question.transaction), signed: sign(question.raw_data, question.private_key) };
  process.stdout.write(JSON.stringify(answer) + "\n");
});
