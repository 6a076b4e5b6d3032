// What must work at once and without the server: the way to a human, and the sign that a camera or a
// microphone is in use. Everything else is Gradio's.
(() => {
  const LEFT = "New tab";
  const byId = (id) => document.getElementById(id);

  // The panels below the bar; one is open at a time.
  const PANELS = { help: "help-button", data: "data-button" };
  const panel = (name, open, focus = true) => {
    const part = byId(name);
    const button = byId(PANELS[name]);
    if (!part || !button) return;
    if (open) {
      for (const other of Object.keys(PANELS)) {
        if (other !== name) panel(other, false, false);
      }
    }
    part.classList.toggle("open", open);
    button.setAttribute("aria-expanded", String(open));
    if (focus) (open ? part : button).focus({ preventScroll: true });
  };
  const isOpen = (name) => Boolean(byId(name)?.classList.contains("open"));

  // The newest message stays in sight, unless the person has scrolled up to read.
  const follow = () => {
    // Where the page ends when the composer stands at the lower edge.
    const measure = () =>
      byId("chat")
        ? byId("senses").getBoundingClientRect().top + window.scrollY - window.innerHeight + 8
        : 0;
    let end = 0;
    let reading = false;
    let back = false; // something was sent: back to the talk, from wherever the page stands
    window.addEventListener("scroll", () => {
      // The page may have grown or shrunk since it was measured; neither is the person's doing.
      reading = window.scrollY < Math.min(end, measure()) - 120;
    });
    // After a crisis reply its beginning is in sight, not the end of the list below it.
    const beginning = () => {
      const last = [...document.querySelectorAll("#chat .bot-row")].pop();
      if (!byId("card") || !last) return Infinity;
      const bar = byId("bar").getBoundingClientRect().bottom;
      return last.getBoundingClientRect().top + window.scrollY - bar - 12;
    };
    // Gradio names a message by its markup, which a screen reader would spell out.
    const unname = () => {
      document.querySelectorAll('#chat [aria-label*="<"]').forEach((part) => {
        part.removeAttribute("aria-label");
      });
    };
    new MutationObserver(unname).observe(byId("talk"), {
      subtree: true,
      childList: true,
      attributeFilter: ["aria-label"],
    });
    const sent = (event) => {
      if (event.type === "click" || event.key === "Enter") back = true;
    };
    byId("send").addEventListener("click", sent);
    byId("box").addEventListener("keydown", sent);
    let helped = false;
    new ResizeObserver(() => {
      end = Math.max(0, Math.min(measure(), beginning()));
      const shown = Boolean(byId("card"));
      const opens = shown && !helped;
      helped = shown;
      if (back || (!reading && (opens || window.scrollY < end))) window.scrollTo(0, end);
      back = false;
    }).observe(byId("talk"));
  };

  // Devices: every track that the page is given is known here, until it ends.
  const tracks = new Set();
  const show = () => {
    for (const kind of ["audio", "video"]) {
      const live = [...tracks].some((t) => t.kind === kind && t.readyState === "live");
      byId(`sign-${kind}`)?.classList.toggle("in-use", live);
    }
  };
  const watch = (track) => {
    tracks.add(track);
    const stop = track.stop.bind(track);
    track.stop = () => {
      stop();
      tracks.delete(track);
      show();
    };
    track.addEventListener("ended", show);
  };
  if (navigator.mediaDevices) {
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      const stream = await ask(wanted);
      stream.getTracks().forEach(watch);
      show();
      return stream;
    };
  }

  // Away at once: nothing of the page is left to see, its address is no way back, and the server is
  // told. The cookie goes last, so that what is deleted is still known by it.
  let sent = () => {};
  const fetched = window.fetch.bind(window);
  window.fetch = (...request) => {
    const answer = fetched(...request);
    sent();
    return answer;
  };
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const leave = async () => {
    document.documentElement.style.display = "none";
    document.title = LEFT;
    tracks.forEach((track) => track.stop());
    await Promise.race([new Promise((done) => (sent = done)), pause(1500)]);
    await pause(150);
    navigator.sendBeacon("/attune/go");
    await pause(100);
    window.location.replace("about:blank");
  };

  window.attune = {
    leave,
    toggle: (name) => panel(name, !isOpen(name)),
    close: (name) => panel(name, false),
    // Whoever chooses to keep comes back with the same cookie.
    stay: () => fetch("/attune/stay", { method: "POST", credentials: "same-origin" }).catch(() => {}),
    // The file is made here: on the server there is none.
    save: (data) => {
      if (data) {
        const { name, type, text } = JSON.parse(data);
        const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
        const link = Object.assign(document.createElement("a"), { href: url, download: name });
        link.click();
        setTimeout(() => URL.revokeObjectURL(url), 30000);
      }
      return "";
    },
    // A withdrawn consent ends the recording here, whatever the server does.
    release: (kind) => [...tracks].filter((t) => t.kind === kind).forEach((t) => t.stop()),
    // The letter opens a moment after its button was pressed.
    toLetter: (tries = 60) => {
      const words = byId("letter-message")?.querySelector("textarea");
      if (words) words.focus();
      else if (tries) requestAnimationFrame(() => window.attune.toLetter(tries - 1));
    },
    toBox: () => byId("box")?.querySelector("textarea")?.focus(),
    // Gradio has no parameters for these.
    ready: () => {
      // Gradio calls this before it has put everything in its place.
      const fold = byId("senses")?.querySelector("button.label-wrap");
      const parts = [
        "help", "help-button", "data", "data-button", "talk", "box", "send", "news", "asides",
        "status", "card-place", "data-said", "data-exported", "data-erased",
      ];
      if (!fold || !parts.every(byId)) {
        requestAnimationFrame(window.attune.ready);
        return;
      }
      for (const [name, button] of Object.entries(PANELS)) {
        const title = byId(button).textContent.trim();
        byId(button).setAttribute("aria-expanded", "false");
        byId(button).setAttribute("aria-controls", name);
        byId(name).setAttribute("role", "region");
        byId(name).setAttribute("aria-label", title);
        byId(name).tabIndex = -1;
        if (name === "help") {
          byId("card-place").setAttribute("role", "region");
          byId("card-place").setAttribute("aria-label", title);
        }
      }
      const tell = () => fold.setAttribute("aria-expanded", fold.classList.contains("open"));
      new MutationObserver(tell).observe(fold, { attributeFilter: ["class"] });
      tell();
      follow();
      const spoken = ["keep-state", "data-said", "data-exported", "data-erased"];
      for (const id of ["news", "asides", "status", ...spoken]) {
        byId(id).setAttribute("role", "status");
        byId(id).setAttribute("aria-live", "polite");
      }
    },
  };
  // The card below a reply points to the choice of a country, which stands in the help; the line
  // below the box to the panel about one's own data.
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-data]") && !isOpen("data")) byId("data-button")?.click();
    if (!event.target.closest?.("[data-country]")) return;
    panel("help", true);
    byId("country")?.querySelector("input")?.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const name of Object.keys(PANELS)) if (isOpen(name)) panel(name, false);
  });
})();
