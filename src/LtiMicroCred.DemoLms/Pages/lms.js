"use strict";

// Forms that only pass a message on, and pages in a frame that move the whole window on.
document.querySelector("form[data-auto-submit]")?.submit();
const onward = document.querySelector("a[data-top-window]");
if (onward) window.top.location.href = onward.href;

// Only the tool in the frame is heard, and only from its own origin.
addEventListener("message", (event) => {
  const frame = [...document.querySelectorAll("iframe.tool")].find((one) => one.contentWindow === event.source);
  if (!frame || !frame.dataset.origins.split(" ").includes(event.origin)) return;
  let message = event.data;
  if (typeof message === "string") {
    try {
      message = JSON.parse(message);
    } catch {
      return;
    }
  }
  if (message?.subject === "lti.frameResize") {
    const height = Number.parseInt(message.height, 10);
    if (height > 0) frame.height = String(Math.min(Math.max(height, 150), 5000));
  } else if (message?.subject === "org.imsglobal.lti.close" && frame.dataset.closeTo) {
    location.assign(frame.dataset.closeTo);
  }
});
