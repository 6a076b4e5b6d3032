// What this tab holds while it is open (see `ui/tab.py`): a reload of it loses nothing; closing it,
// leaving and deleting do. And the words on their way from the box to the server.
(() => {
  const HELD = "attune";
  let gone = false; // nothing is held any more
  let ours = false; // the server has put back what was held before

  const held = () => {
    try {
      return JSON.parse(sessionStorage.getItem(HELD)) ?? {};
    } catch {
      return {};
    }
  };
  const hold = (more) => {
    if (gone) return;
    try {
      sessionStorage.setItem(HELD, JSON.stringify({ ...held(), ...more }));
    } catch {} // a browser that holds nothing works as well
  };
  const forget = () => {
    try {
      sessionStorage.removeItem(HELD);
    } catch {}
  };
  const end = () => {
    forget();
    gone = true;
  };

  const box = () => document.getElementById("box")?.querySelector("textarea");
  const write = (words) => {
    box().value = words;
    box().dispatchEvent(new Event("input", { bubbles: true }));
  };
  const putBack = (words) => {
    if (words) write([words, box().value].filter(Boolean).join("\n"));
    return "";
  };
  const snapshot = () => {
    if (!ours || !box()) return;
    hold({ draft: box().value, said: Boolean(document.querySelector("#chat .user-row")) });
  };

  // The box is free for the next words as soon as these are sent: Gradio would read it a moment
  // later, and could clear it only when the server has answered. Words that did not get there come
  // back: `outbox` are those that Gradio has not taken, `handed` those that it is handing in.
  const PATIENCE_MS = 3000;
  const outbox = [];
  const handed = [];
  const send = (event) => {
    const pressed = event.type === "click" && event.target.closest?.("#send");
    const entered = event.key === "Enter" && !event.shiftKey && event.target === box();
    const words = box()?.value;
    if (!(pressed || entered) || !words?.trim()) return;
    hold({ flight: words, draft: "", said: true });
    const sent = { words };
    outbox.push(sent);
    write("");
    setTimeout(() => {
      const place = outbox.indexOf(sent);
      if (place >= 0) putBack(outbox.splice(place, 1)[0].words);
    }, PATIENCE_MS);
  };
  const fetched = window.fetch.bind(window);
  window.fetch = (request, options) => {
    const answer = fetched(request, options);
    const inside = String(options?.body);
    const place = handed.findIndex((words) => inside.includes(JSON.stringify(words)));
    if (place >= 0 && String(request?.url ?? request).includes("/queue/join")) {
      const [words] = handed.splice(place, 1);
      answer.then((given) => given.ok || putBack(words), () => putBack(words));
    }
    return answer;
  };

  document.addEventListener("click", send, true);
  document.addEventListener("keypress", send, true); // by which Gradio goes, too
  document.addEventListener("input", (event) => event.target === box() && snapshot());
  document.addEventListener("visibilitychange", snapshot);
  window.addEventListener("pagehide", snapshot);
  document.addEventListener("submit", end, true); // signing out

  window.attune = {
    forget,
    putBack,
    toBox: () => box()?.focus(),
    // What a press of Send stands for, whatever has been written since.
    handIn: ([key, written, ...rest]) => {
      const words = outbox.shift()?.words ?? written;
      if (words.trim()) handed.push(words);
      return [key, words, ...rest];
    },
    // What the server is given when the page is loaded, and what it gives the tab to hold.
    opening: () => JSON.stringify(held()),
    hold: (issued) => {
      if (!issued) return issued;
      ours = true;
      const { key, id, name } = JSON.parse(issued);
      hold({ key, id, name, flight: "", away: false });
      snapshot();
      return issued;
    },
    tab: { end, ended: () => gone, known: () => ours, mark: (away) => (snapshot(), hold({ away })) },
  };
})();
