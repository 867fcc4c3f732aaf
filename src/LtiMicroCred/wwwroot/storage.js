"use strict";
/* LTI postMessage Storage: the LMS's page keeps a secret of the login for us, and gives it back at the launch. */
{
  const step = document.querySelector("[data-storage-key]");
  const { storageTarget: name, storageOrigin: origin, storageKey: key, storageValue: value } = step.dataset;

  // The window around us, or the one that opened us; or a frame in it, by the name that the LMS gave.
  const frameOf = host => {
    if (!host || name === "_parent") return host;
    try {
      return host.frames[name];
    } catch {
      return null;
    }
  };

  // Resolves to the answer, or to null when none comes in time. Sent to this origin only; heard from this origin only, with the id that only it was told.
  const ask = (message, patience) => new Promise(resolve => {
    const target = frameOf(window.parent !== window ? window.parent : window.opener);
    if (typeof target?.postMessage !== "function") {
      resolve(null);
      return;
    }
    const id = crypto.randomUUID();
    const done = answer => {
      window.removeEventListener("message", hear);
      resolve(answer);
    };
    const hear = ({ origin: sender, data }) => {
      if (sender !== origin || data?.message_id !== id || data.subject !== `${message.subject}.response`) return;
      done(data.error ? null : data);
    };
    window.addEventListener("message", hear);
    setTimeout(done, patience, null);
    target.postMessage({ ...message, key, message_id: id }, origin);
  });

  if (step instanceof HTMLFormElement) {
    ask({ subject: "lti.get_data" }, 3000).then(answer => {
      if (typeof answer?.value === "string") step.elements.storage.value = answer.value;
      step.submit();
    });
  } else {
    ask({ subject: "lti.put_data", value }, 1500).then(() => location.replace(step.href));
  }
}
