// What must work at once and without the server: the way to a human, the way out, the sign that a
// camera or a microphone is in use, and the words that were not sent. All else is Gradio's.
(() => {
  const { tab, toBox } = window.attune;
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
      const names = byId("away").dataset;
      document.querySelectorAll("#chat .message-row:not([role])").forEach((row) => {
        const own = row.classList.contains("user-row");
        row.setAttribute("role", "group");
        row.setAttribute("aria-label", own ? names.person : names.attune);
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
    const url = String(request[0]?.url ?? request[0]);
    if (!url.includes("/gradio_api/")) return answer;
    answer.catch((error) => error.name === "AbortError" || lost());
    return answer;
  };
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));

  // A lost connection is said in the page's own words. When it is back, what the server forgot, or
  // Gradio gave up, is loaded anew; else the page goes on as it stands.
  let away = false;
  let broken = false; // Gradio does nothing any more
  let unloading = false;
  window.addEventListener("pagehide", () => (unloading = true));
  window.addEventListener("pageshow", () => (unloading = false));
  const say = (which) => {
    const line = byId("away");
    if (line) line.textContent = line.dataset[which] ?? "";
  };
  const reach = async () => {
    try {
      const options = { cache: "no-store", signal: AbortSignal.timeout(5000) };
      const answer = await fetched("/gradio_api/app_id", options);
      if (answer.status >= 500) return null;
      return answer.ok ? (await answer.json()).app_id : "";
    } catch {
      return null;
    }
  };
  const lost = async () => {
    await pause(50); // a page that is being left loses its connections, too
    if (away || tab.ended() || unloading) return;
    away = true;
    let tried = 0;
    let found = await reach();
    for (; found === null; found = await reach()) {
      if (!tried++) say("away");
      tab.mark(true);
      await pause(1500);
    }
    if (tab.ended() || unloading) return;
    if (broken || found !== window.gradio_config?.app_id) {
      tab.mark(true);
      window.location.reload();
      return;
    }
    away = false;
    tab.mark(false);
    say(tried ? "back" : "");
    byId("here")?.click();
    if (tried) setTimeout(() => away || say(""), 20000);
  };
  // A page that sends nothing notices it, too, and the server knows that somebody is here.
  const look = async () => {
    if (document.hidden || away || !tab.known()) return;
    const found = await reach();
    if (found !== window.gradio_config?.app_id) lost();
  };
  const here = () => document.hidden || away || !tab.known() || byId("here")?.click();
  setInterval(look, 5000);
  setInterval(here, 240000);
  document.addEventListener("visibilitychange", () => look().then(here));
  window.addEventListener("offline", () => lost());
  new MutationObserver(() => {
    for (const toast of document.querySelectorAll(".toast-body.error:not([hidden])")) {
      if (!/connection (to the server was )?lost/i.test(toast.textContent)) continue;
      toast.hidden = true;
      broken = true;
      lost();
    }
  }).observe(document.documentElement, { subtree: true, childList: true });

  const leave = async () => {
    tab.end();
    document.documentElement.style.display = "none";
    document.title = LEFT;
    tracks.forEach((track) => track.stop());
    await Promise.race([new Promise((done) => (sent = done)), pause(1500)]);
    await pause(150);
    navigator.sendBeacon("/attune/go");
    await pause(100);
    window.location.replace("about:blank");
  };

  Object.assign(window.attune, {
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
    // From the list of kept conversations to the one that was chosen.
    toTalk: (chosen) => {
      if (!chosen) return;
      panel("data", false, false);
      toBox();
    },
    // What an answer brought up: in sight, and where the keyboard goes on.
    show: (id, focus = id, tries = 60) => {
      const [part, next] = [byId(id), byId(focus)];
      if (part?.offsetParent && next?.offsetParent) {
        if (next.tagName !== "BUTTON") next.tabIndex = -1;
        part.scrollIntoView({ block: "nearest" });
        next.focus({ preventScroll: part !== next });
      } else if (tries) requestAnimationFrame(() => window.attune.show(id, focus, tries - 1));
    },
    // Gradio has no parameters for these.
    ready: () => {
      // Gradio calls this before it has put everything in its place.
      const fold = byId("senses")?.querySelector("button.label-wrap");
      const parts = [
        "help", "help-button", "data", "data-button", "talk", "box", "send", "news", "asides",
        "status", "away", "card-place", "data-said", "data-exported", "data-erased",
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
  });
  // The card below a reply points to the choice of a country, which stands in the help; the line
  // below the box to the panel about one's own data.
  const PRESSED = {
    "help-button": () => panel("help", !isOpen("help")),
    "help-close": () => panel("help", false),
    "data-button": () => panel("data", !isOpen("data")),
    "data-close": () => panel("data", false),
    leave,
  };
  const pressed = (event) => PRESSED[event.target.closest?.("button")?.id]?.();
  document.addEventListener("click", pressed, true); // Gradio does nothing without its server
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
