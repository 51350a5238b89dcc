// A mail in its frame is as high as it is: nothing in it runs, so it is measured from here.

function fitMail(frame) {
  const page = frame.contentDocument?.documentElement;
  if (!page || frame.contentDocument.URL === "about:blank") return;
  frame.style.height = "0";
  frame.style.height = `${page.scrollHeight + 2}px`;
}

const fitMails = () => document.querySelectorAll("iframe.mail").forEach(fitMail);

// It does not bubble, and pages are replaced in place.
document.addEventListener("load", (event) => { if (event.target.matches?.("iframe.mail")) fitMail(event.target); }, true);
addEventListener("resize", fitMails);
fitMails();
