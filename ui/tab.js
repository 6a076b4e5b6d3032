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
  // Words that come back stand in the order in which they were sent, before what was typed since.
  let returned = "";
  const putBack = (words) => {
    if (!words.trim()) return;
    const before = returned && box().value.startsWith(returned) ? returned : "";
    const since = box().value.slice(before.length).replace(/^\n/, "");
    returned = [before, words].filter(Boolean).join("\n");
    write([returned, since].filter(Boolean).join("\n"));
  };
  const snapshot = () => {
    if (!ours || !box()) return;
    hold({ draft: box().value, said: Boolean(document.querySelector("#chat .user-row")) });
  };

  // The box is free for the next words as soon as these are sent: Gradio would read it a moment
  // later, and could clear it only when the server has answered. Words that did not get there come
  // back.
  const PATIENCE_MS = 3000;
  let flying = []; // what was sent and has not come to its end, oldest first
  const outbox = []; // what of it Gradio has not taken
  const handed = []; // what of it Gradio is handing in
  const uploads = new Set(); // paths of recordings that were handed in
  const fly = (now) => {
    flying = now;
    hold({ flight: flying.map((sent) => sent.words) });
  };
  const fail = (sent) => {
    fly(flying.filter((other) => other !== sent));
    putBack(sent.words);
  };
  const send = (event) => {
    const pressed = event.type === "click" && event.target.closest?.("#send");
    const entered = event.key === "Enter" && !event.shiftKey && event.target === box();
    const words = box()?.value;
    if (!(pressed || entered) || !words?.trim()) return;
    const sent = { words, there: false };
    outbox.push(sent);
    fly([...flying, sent]);
    returned = "";
    write("");
    hold({ said: true });
    setTimeout(() => {
      const place = outbox.indexOf(sent);
      if (place >= 0) outbox.splice(place, 1).forEach(fail);
    }, PATIENCE_MS);
  };
  const fetched = window.fetch.bind(window);
  window.fetch = (request, options) => {
    const answer = fetched(request, options);
    if (!handed.length || !String(request?.url ?? request).includes("/queue/join")) return answer;
    const inside = String(options?.body);
    const place = handed.findIndex(({ mark }) => inside.includes(JSON.stringify(mark)));
    if (place >= 0) {
      const [{ sent }] = handed.splice(place, 1);
      const failed = () => {
        uploads.clear();
        fail(sent);
      };
      answer.then((given) => (given.ok ? (sent.there = true) : failed()), failed);
    }
    return answer;
  };
  // A recording is still in the page when Send is pressed twice.
  const once = (upload) => {
    if (!upload?.path || uploads.has(upload.path)) return null;
    uploads.add(upload.path);
    return upload;
  };

  document.addEventListener("click", send, true);
  document.addEventListener("keypress", send, true); // by which Gradio goes, too
  document.addEventListener("input", (event) => event.target === box() && snapshot());
  document.addEventListener("visibilitychange", snapshot);
  window.addEventListener("pagehide", snapshot);
  document.addEventListener("submit", end, true); // signing out

  window.attune = {
    forget,
    toBox: () => box()?.focus(),
    // What a press of Send stands for, whatever has been written or recorded since.
    handIn: ([key, _, audio, file, ...rest]) => {
      const sent = outbox.shift() ?? { words: "", there: false };
      const given = [once(audio), once(file)];
      const mark = sent.words || given.find(Boolean)?.path;
      if (mark) handed.push({ mark, sent });
      return [key, sent.words, ...given, ...rest];
    },
    // A turn has come to its end; these words were not answered.
    landed: (words) => {
      const there = flying.find((sent) => sent.there);
      fly(flying.filter((sent) => sent !== there));
      uploads.clear();
      putBack(words);
      return "";
    },
    // Words that the server gives a page that was loaded anew.
    putBack: (words) => (putBack(words), ""),
    // What the server is given when the page is loaded, and what it gives the tab to hold.
    opening: () => JSON.stringify(held()),
    hold: (issued) => {
      if (!issued) return issued;
      ours = true;
      const { key, id, name } = JSON.parse(issued);
      hold({ key, id, name, away: false });
      fly(flying);
      snapshot();
      return issued;
    },
    tab: { end, ended: () => gone, known: () => ours, mark: (away) => (snapshot(), hold({ away })) },
  };
})();
