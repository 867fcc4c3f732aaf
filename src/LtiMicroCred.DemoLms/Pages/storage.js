"use strict";

// Keeps values for the tool, one shelf for each of its origins, as long as the page stands.
const keeper = document.querySelector("[data-lti-storage]");
if (keeper) {
  const { ltiStorage: frame, origins, fault } = keeper.dataset;
  const shelves = new Map();
  addEventListener("message", ({ source, origin, data }) => {
    if (!origins.split(" ").includes(origin) || typeof data?.message_id !== "string" || fault === "Silent") return;
    if (!shelves.has(origin)) shelves.set(origin, new Map());
    const shelf = shelves.get(origin);
    const answer = { subject: `${data.subject}.response`, message_id: data.message_id };
    if (data.subject === "lti.capabilities") {
      answer.supported_messages = [{ subject: "lti.capabilities" }, { subject: "lti.put_data", frame }, { subject: "lti.get_data", frame }];
    } else if (data.subject === "lti.put_data") {
      shelf.set(data.key, data.value);
      Object.assign(answer, { key: data.key, value: data.value });
    } else if (data.subject === "lti.get_data") {
      Object.assign(answer, { key: data.key, value: shelf.get(data.key) });
    } else {
      return;
    }
    if (fault === "Refused") {
      delete answer.value;
      answer.error = { code: "storage_exhausted", message: "Nothing is kept here." };
    }
    if (fault === "WrongMessage") answer.message_id = crypto.randomUUID();
    if (fault === "WrongOrigin") window.frames.stranger.postMessage(answer, "*");
    else source.postMessage(answer, origin);
  });
}

// A frame that answers in the LMS's place.
if (document.querySelector("[data-lti-stranger]")) {
  addEventListener("message", ({ data }) => {
    for (let i = 0; i < parent.length; i++) parent[i].postMessage(data, "*");
  });
}
