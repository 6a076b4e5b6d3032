// Keys choose an answer, and no answer is sent twice. Without this script, the page works all the same.

"use strict";
(() => {
  const SETTLED_MS = 350; // a key that is pressed twice must not answer the question after this one
  const STORED = "attune-rating-keys";
  const form = document.getElementById("answers");
  const toggle = document.getElementById("keys");
  if (!form || !toggle) return;

  const read = () => {
    try {
      return localStorage.getItem(STORED) !== "off";
    } catch {
      return true; // storage is forbidden: the switch lasts for one page
    }
  };
  let on = read();
  const tell = () => {
    toggle.textContent = on ? toggle.dataset.on : toggle.dataset.off;
    document.body.classList.toggle("keys-off", !on);
  };
  toggle.hidden = false;
  toggle.addEventListener("click", () => {
    on = !on;
    try {
      localStorage.setItem(STORED, on ? "on" : "off");
    } catch {
      // likewise
    }
    tell();
  });
  tell();

  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  // A page that the browser kept and shows again may have been answered meanwhile.
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());

  const begun = performance.now();
  document.addEventListener("keydown", (event) => {
    if (!on || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.closest?.("input, select, textarea")) return;
    if (performance.now() - begun < SETTLED_MS) return;
    const button = [...form.querySelectorAll("[data-key]")].find((b) => b.dataset.key === event.key);
    if (!button) return;
    event.preventDefault();
    button.focus();
    button.click();
  });
})();
