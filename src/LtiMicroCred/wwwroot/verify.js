"use strict";
/* Checks proofs of a ledger where the reader is, without trusting who sent them: proof bundles, signed checkpoints, and that one checkpoint continues
   another. As strict as the server's own library, in the same order, with the same reasons; the tests hold both against each other. */

const ledgerProofs = (() => {
  const LONGEST_BUNDLE = 4 * 1024 * 1024, MOST_ENTRIES = 256, MOST_KEYS = 16;
  const LONGEST_NOTE = 256 * 1024, MOST_SIGNATURES = 64;
  const LONGEST_ENTRY = 65535, LONGEST_CREDIT_SYSTEM = 40, LARGEST_INT = 2 ** 31 - 1;

  class Broken extends Error {
    constructor(where, reason) { super(`${where}: ${reason}`); }
  }
  const require = (holds, where, reason) => { if (!holds) throw new Broken(where, reason); };

  // ---- Bytes and texts ----
  const encode = text => new TextEncoder().encode(text);
  const decode = bytes => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  const join = (...parts) => {
    const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
    let at = 0;
    for (const part of parts) { all.set(part, at); at += part.length; }
    return all;
  };
  const same = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);
  const hexOf = bytes => Array.from(bytes, byte => byte.toString(16).padStart(2, "0")).join("");
  const hashOf = text => /^[0-9A-Fa-f]{64}$/.test(text) ? Uint8Array.from(text.match(/../g), byte => parseInt(byte, 16)) : null;
  const base64Of = bytes => btoa(String.fromCharCode(...bytes));
  const base64 = text => {
    try {
      const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
      return base64Of(bytes) === text ? bytes : null;
    } catch {
      return null;
    }
  };
  const isText = value => typeof value === "string" && value.isWellFormed();
  const isPlain = value => typeof value === "object" && value !== null && !Array.isArray(value);

  // RFC 8785: names sorted by UTF-16 code units, which is how JavaScript sorts; JSON.stringify writes texts and whole numbers as it asks.
  const canonical = members => `{${Object.keys(members).sort().map(name => `${JSON.stringify(name)}:${JSON.stringify(members[name])}`).join(",")}}`;

  // ---- The tree: RFC 6962, 2.1 ----
  const sha256 = async bytes => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const leafHash = entry => sha256(join([0], entry));
  const nodeHash = (left, right) => sha256(join([1], left, right));
  const half = number => Math.floor(number / 2);         // places in a log may be larger than what >> can shift
  const areHashes = hashes => hashes.every(hash => hash.length === 32);
  const isPowerOfTwo = number => { while (number > 1 && number % 2 === 0) number /= 2; return number === 1; };

  /* RFC 9162, 2.1.3.2. The leaf counts from 0. */
  const includes = async (root, size, leaf, hash, proof) => {
    if (leaf < 0 || leaf >= size || !areHashes([root, hash, ...proof])) return false;
    let [fn, sn, r] = [leaf, size - 1, hash];
    for (const p of proof) {
      if (sn === 0) return false;
      if (fn % 2 === 1 || fn === sn) {
        r = await nodeHash(p, r);
        while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
      } else {
        r = await nodeHash(r, p);
      }
      [fn, sn] = [half(fn), half(sn)];
    }
    return sn === 0 && same(r, root);
  };

  /* RFC 9162, 2.1.4.2. Every tree begins with the empty one, and with itself: both without a proof. */
  const isConsistent = async (earlierRoot, earlier, root, size, proof) => {
    if (earlier < 0 || earlier > size || !areHashes([earlierRoot, root, ...proof])) return false;
    if (earlier === 0) return proof.length === 0 && same(earlierRoot, await sha256(new Uint8Array())) && (size > 0 || same(root, earlierRoot));
    if (earlier === size) return proof.length === 0 && same(earlierRoot, root);
    if (proof.length === 0) return false;
    const path = isPowerOfTwo(earlier) ? [earlierRoot, ...proof] : proof;
    let [fn, sn] = [earlier - 1, size - 1];
    while (fn % 2 === 1) [fn, sn] = [half(fn), half(sn)];
    let [fr, sr] = [path[0], path[0]];
    for (const c of path.slice(1)) {
      if (sn === 0) return false;
      if (fn % 2 === 1 || fn === sn) {
        fr = await nodeHash(c, fr);
        sr = await nodeHash(c, sr);
        while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
      } else {
        sr = await nodeHash(sr, c);
      }
      [fn, sn] = [half(fn), half(sn)];
    }
    return sn === 0 && same(fr, earlierRoot) && same(sr, root);
  };

  // ---- Keys and notes: C2SP signed-note ----
  const isName = name => name.length > 0 && name.length <= 255 && !/[+\p{White_Space}\p{Cc}\p{Cs}\u{10000}-\u{10ffff}]/u.test(name);

  const keyOf = async text => {
    require(text.length <= 512, "key", "too long");
    const parts = text.split("+");
    const [name, key] = [parts[0], parts.slice(2).join("+")];
    require(parts.length >= 3 && isName(name), "key", "does not read name+id+key");
    const typed = base64(key);
    require(typed?.length === 33 && typed[0] === 1, "key", "is not an Ed25519 key");
    const id = hexOf((await sha256(join(encode(name), [10], typed))).slice(0, 4));
    require(text === `${name}+${id}+${key}`, "key", "has the id of another key");
    return { name, id, bytes: typed.slice(1), text };
  };

  /* Null where this browser cannot check Ed25519. */
  const verifies = async (key, text, signature) => {
    try {
      const imported = await crypto.subtle.importKey("raw", key.bytes, "Ed25519", false, ["verify"]);
      return await crypto.subtle.verify("Ed25519", imported, signature, encode(text));
    } catch (problem) {
      return problem.name === "NotSupportedError" ? null : false;
    }
  };

  const isNoteText = text => text.length > 0 && text.endsWith("\n") && !/[\u0000-\u0009\u000b-\u001f]/.test(text);

  const signatureOf = line => {
    const [name, coded, ...more] = line.slice(2).split(" ");
    require(line.startsWith("\u2014 ") && coded !== undefined && more.length === 0, "note", "has a line after its text that is not a signature");
    require(isName(name), "note", "has a signature whose key has no proper name");
    const bytes = base64(coded);
    require(bytes?.length > 4, "note", `has a signature of ${name} that cannot be read`);
    return { name, id: hexOf(bytes.slice(0, 4)), bytes: bytes.slice(4) };
  };

  const noteOf = text => {
    const length = encode(text).length;
    require(length <= LONGEST_NOTE, "note", `has ${length} bytes; at most ${LONGEST_NOTE} are allowed`);
    const end = text.lastIndexOf("\n\n");
    require(end >= 0 && end + 2 < text.length && isNoteText(text), "note", "is not a text, an empty line and signatures, a line each, without control characters");
    const lines = text.slice(end + 2, -1).split("\n");
    require(lines.length <= MOST_SIGNATURES, "note", `has more than ${MOST_SIGNATURES} signatures`);
    return { text: text.slice(0, end + 1), signatures: lines.map(signatureOf) };
  };

  /* Which of the keys signed the note; isSigned is null where the browser cannot tell whether these signatures are good. */
  const signersOf = async (note, keys) => {
    const signers = [];
    let isSigned = true;
    for (const key of keys) {
      for (const signature of note.signatures.filter(s => s.name === key.name && s.id === key.id)) {
        const good = await verifies(key, note.text, signature.bytes);
        require(good !== false, "note", `the signature of ${key.name} is wrong`);
        if (good === null) isSigned = null;
        if (!signers.includes(key)) signers.push(key);
      }
    }
    return { signers, isSigned };
  };

  // ---- Checkpoints: C2SP tlog-checkpoint ----
  const checkpointOf = text => {
    const lines = text.split("\n");
    const [origin, size, root] = lines;
    require(lines.length >= 4 && lines.at(-1) === "" && !lines.slice(0, -1).includes(""), "checkpoint", "does not have an origin, a size and a root, a line each");
    require(/^(0|[1-9][0-9]*)$/.test(size) && Number.isSafeInteger(Number(size)), "checkpoint", "has a size that is not a whole number in its shortest form");
    const hash = base64(root);
    require(hash?.length === 32, "checkpoint", "has a root that is not 32 bytes of base64");
    return { origin, size: Number(size), root: hash };
  };

  /* The checkpoint in a note, if a known key of its own log signed it. */
  const open = async (text, keys) => {
    const note = noteOf(text), checkpoint = checkpointOf(note.text);
    const { signers, isSigned } = await signersOf(note, keys.filter(key => key.name === checkpoint.origin));
    require(signers.length > 0, "checkpoint", "is signed by none of the known keys of its log");
    return { ...checkpoint, signer: signers[0].text, isSigned };
  };

  // ---- Entries, version 1 ----
  const REASONS = {
    "award.suspended": ["result-below-rule", "result-withdrawn", "under-review", "learner-request", "institution-decision"],
    "award.reinstated": ["result-meets-rule", "review-closed", "learner-request", "institution-decision"],
    "award.revoked": ["result-below-rule", "result-withdrawn", "issued-in-error", "learner-request", "institution-decision"],
  };
  const ALL_REASONS = new Set(Object.values(REASONS).flat());
  const ACHIEVEMENT = ["achievement", "achievementVersion", "achievementHash", "hours", "credits", "creditSystem"];
  const MEMBERS = {
    "award.issued": ["award", ...ACHIEVEMENT, "passed", "subjectRef"],
    "achievement.published": ACHIEVEMENT,
    "award.superseded": ["award", "replacedBy"],
    "award.suspended": ["award", "reason"],
    "award.reinstated": ["award", "reason"],
    "award.revoked": ["award", "reason"],
    "learner.erased": ["award"],
  };
  const STANDINGS = {
    "award.issued": "Issued", "award.reinstated": "Issued", "award.suspended": "Suspended",
    "award.superseded": "Superseded", "award.revoked": "Revoked", "learner.erased": "Erased",
  };
  const isTime = text => {
    if (!/^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(text)) return false;
    const at = new Date(`${text.slice(0, 19)}Z`);
    return !Number.isNaN(at.getTime()) && at.toISOString().slice(0, 19) === text.slice(0, 19);
  };
  const isId = text => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
  const isDecimal = text => text.length <= 30 && /^(0|[1-9]\d*)(\.\d*[1-9])?$/.test(text);
  const isQuantity = text => /^\d{1,12}(\.\d{1,6})?$/.test(text);
  const READ = {
    achievement: [isId, "not an id"], award: [isId, "not an id"], replacedBy: [isId, "not an id"],
    at: [isTime, "not a time"],
    achievementHash: [hashOf, "not 32 bytes of hex"], subjectRef: [hashOf, "not 32 bytes of hex"],
    hours: [isDecimal, "not a decimal in its shortest form"], credits: [isDecimal, "not a decimal in its shortest form"],
    reason: [text => ALL_REASONS.has(text), "a reason that this program does not know"],
    kind: [text => Object.hasOwn(MEMBERS, text), "a kind that this program does not know"],
    creditSystem: [() => true], log: [text => text.length > 0, "empty"],
  };

  const membersOf = text => {
    try {
      const entry = JSON.parse(text);
      require(!isPlain(entry) || Object.values(entry).every(value => typeof value !== "object" || value === null), "entry", "not a flat JSON object");
      return entry;
    } catch (problem) {
      throw problem instanceof Broken ? problem : new Broken("entry", "not a flat JSON object");
    }
  };

  /* Accepts exactly what the ledger writes. */
  const entryOf = text => {
    const length = encode(text).length;
    require(length <= LONGEST_ENTRY, "entry", `${length} bytes; at most ${LONGEST_ENTRY} are allowed`);
    const entry = membersOf(text), taken = new Set();
    require(isPlain(entry), "entry", "not a JSON object");
    const member = (name, type) => {
      require(Object.hasOwn(entry, name), name, "missing");
      require(typeof entry[name] === type, name, "of the wrong type");
      taken.add(name);
      return entry[name];
    };
    const read = name => {
      const value = member(name, "string"), [fits, fault] = READ[name];
      require(value.isWellFormed(), name, "not valid text");
      require(fits(value), name, fault);
    };
    const whole = name => {
      require(Number.isSafeInteger(member(name, "number")), name, "not a whole number");
      return entry[name];
    };

    require(whole("v") === 1, "v", "a version that this program does not know");
    read("kind");
    read("at");
    for (const name of MEMBERS[entry.kind]) {
      if (name === "achievementVersion") require(whole(name) >= 1 && entry[name] <= LARGEST_INT, name, "out of range");
      else if (name === "passed") member(name, "boolean");
      else if (!["credits", "creditSystem"].includes(name) || Object.hasOwn(entry, name)) read(name);
    }
    read("log");
    require(whole("number") >= 1, "number", "out of range");
    for (const name of Object.keys(entry)) require(taken.has(name), name, `not a member of ${entry.kind} in version 1`);

    for (const name of ["hours", "credits"]) {
      require(entry[name] === undefined || isQuantity(entry[name]), name === "hours" ? "Hours" : "Credits", "is negative, too large or finer than six decimal places");
    }
    const system = entry.creditSystem;
    require(system === undefined || (system.length > 0 && system.length <= LONGEST_CREDIT_SYSTEM && !/\p{Cc}/u.test(system)), "CreditSystem", `is not 1 to ${LONGEST_CREDIT_SYSTEM} characters without control characters`);
    require(system === undefined || entry.credits !== undefined, "Credits", "is missing, but a credit system is named");
    require(entry.credits === undefined || system !== undefined, "CreditSystem", "is missing, but credits are given");
    require(entry.reason === undefined || REASONS[entry.kind].includes(entry.reason), "Reason", `is not one for ${entry.kind}`);
    require(entry.replacedBy === undefined || entry.replacedBy !== entry.award, "ReplacedBy", "is the award itself");

    const lower = { ...entry };
    for (const name of ["achievementHash", "subjectRef"]) if (lower[name] !== undefined) lower[name] = lower[name].toLowerCase();
    require(text === canonical(lower), "entry", "not in canonical form");
    return entry;
  };

  // ---- Proof bundles, version 1 ----
  const bundleOf = async bytes => {
    require(bytes.length <= LONGEST_BUNDLE, "bundle", `has ${bytes.length} bytes; at most ${LONGEST_BUNDLE} are allowed`);
    const known = value => { if (!value) throw new Broken("bundle", "is not a proof bundle of a version that this program knows"); };
    let text, json;
    try {
      text = decode(bytes);
      json = JSON.parse(text);
    } catch {
      known(false);
    }
    known(isPlain(json) && json.format === "ledger-proof-bundle" && json.v === 1 && isText(json.checkpoint) && Array.isArray(json.entries));
    const entries = json.entries.map(proven => {
      known(isPlain(proven) && isText(proven.entry) && Number.isInteger(proven.number) && Array.isArray(proven.proof));
      const proof = proven.proof.map(hash => isText(hash) ? hashOf(hash) : null);
      known(proof.every(hash => hash));
      return { entry: proven.entry, number: proven.number, proof };
    });
    known(Array.isArray(json.keys));
    const keys = [];
    for (const key of json.keys) {
      known(isText(key));
      keys.push(await keyOf(key));
    }
    require(entries.length >= 1 && entries.length <= MOST_ENTRIES, "bundle", `has ${entries.length} entries, not 1 to ${MOST_ENTRIES}`);
    require(keys.length >= 1 && keys.length <= MOST_KEYS, "bundle", `has ${keys.length} keys, not 1 to ${MOST_KEYS}`);
    require(entries.every(proven => proven.number >= 1 && Number.isSafeInteger(proven.number)), "bundle", "has an entry with a number out of range");
    const again = {
      checkpoint: json.checkpoint,
      entries: entries.map(({ entry, number, proof }) => ({ entry, number, proof: proof.map(hexOf) })),
      format: "ledger-proof-bundle",
      keys: keys.map(key => key.text),
      v: 1,
    };
    require(text === canonical(again), "bundle", "is not in canonical form");
    return { checkpoint: json.checkpoint, entries, keys };
  };

  const proven = async ({ entry, number, proof }, checkpoint) => {
    const where = `entry ${number}`, decoded = entryOf(entry);
    require(decoded.number === number, where, `its bytes are those of entry ${decoded.number}`);
    require(decoded.log === checkpoint.origin, where, "its bytes are those of another log than the checkpoint's");
    require(await includes(checkpoint.root, checkpoint.size, number - 1, await leafHash(encode(entry)), proof), where, "its proof does not lead to the root in the checkpoint");
    return decoded;
  };

  const oneAward = entries => {
    const [issued, ...changes] = entries;
    require(issued.kind === "award.issued", "bundle", "does not begin with the entry that issued the award");
    changes.forEach((change, i) => {
      require(change.number > entries[i].number, "bundle", "has its entries out of order");
      require(change.kind !== "award.issued" && change.award === issued.award, "bundle", `has an entry, ${change.number}, that is not about what became of the award`);
    });
    return issued;
  };

  /* What holds and what the file alone cannot show, as names of sentences with what they speak of. Trusted: texts of keys that came another way.
     Broken is the first thing found wrong; nothing of the file may be believed then. isSigned is null where the browser cannot check signatures. */
  const bundle = async (bytes, trusted = []) => {
    const found = { broken: null, holds: [], open: [], isSigned: null, award: null, standing: null, checkpoint: null };
    if (trusted.length === 0) found.open.push(["key"]);
    try {
      const keys = await Promise.all(trusted.map(keyOf));
      const file = await bundleOf(bytes);
      const checkpoint = await open(file.checkpoint, keys.length > 0 ? keys : file.keys);
      if (checkpoint.isSigned) found.holds.push([keys.length > 0 ? "signed-trusted" : "signed-file", checkpoint.origin, checkpoint.size, checkpoint.signer]);
      else found.open.push(["signature"]);

      const entries = [];
      for (const part of file.entries) entries.push(await proven(part, checkpoint));
      found.holds.push([entries.length === 1 ? "entry" : "entries", entries.map(entry => entry.number).join(", ")]);

      const award = oneAward(entries);
      const standing = STANDINGS[entries.at(-1).kind];
      found.holds.push(["award", award.award, award.at, award.hours, { standing }]);
      found.open.push(["more"], ["view"], ["whose"]);
      return { ...found, isSigned: checkpoint.isSigned, award: award.award, standing, checkpoint };
    } catch (problem) {
      if (!(problem instanceof Broken)) throw problem;
      return { ...found, broken: problem.message };
    }
  };

  /* A note as somebody kept or pasted it: other line ends, and empty lines around it. */
  const tidy = text => `${text.replace(/\r\n?/g, "\n").trim()}\n`;

  const withKeys = work => async (text, keys) => work(text, await Promise.all(keys.map(keyOf)));
  const checkpoint = withKeys(open);
  const note = withKeys(async (text, keys) => {
    const parsed = noteOf(text);
    return { text: parsed.text, ...await signersOf(parsed, keys) };
  });

  return { Broken, bundle, checkpoint, note, includes, isConsistent, hashOf, tidy };
})();
