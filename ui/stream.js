// No event is lost. Gradio tells a page of its events over one stream, which the server closes when
// the last of them is done. An event that the page hands in at that very moment would never be heard
// of again: the page believes that the stream is still open. So the stream seems to close here only
// when nothing that was handed in is open; else it is asked for again, and goes on.
(() => {
  const fetched = window.fetch.bind(window);
  const handing = new Set(); // requests on their way
  const open = new Set(); // ids of events that are not done
  const early = new Set(); // ids of events that were done before their request was answered

  const path = (request) => new URL(request.url ?? request, window.location.href).pathname;

  const handIn = (answer) => {
    const noted = answer
      .then((found) => found.clone().json())
      .then(({ event_id: id }) => id && !early.delete(id) && open.add(id))
      .catch(() => {}) // it was refused, and is none
      .finally(() => handing.delete(noted));
    handing.add(noted);
    return answer;
  };

  const CLOSE = `data: ${JSON.stringify({ msg: "close_stream" })}\n\n`;

  // Note what a message of the stream tells; say whether it is its last.
  const ends = (block) => {
    const line = block.split("\n").find((found) => found.startsWith("data:"));
    const { msg, event_id: id } = line ? JSON.parse(line.slice(5)) : {};
    if (msg === "process_completed" && !open.delete(id)) early.add(id);
    return msg === "close_stream";
  };

  // Yield the messages of one answer of the server, until it closes the stream.
  async function* messages(answer) {
    if (!answer.ok) throw new Error(`the stream of events was answered with ${answer.status}`);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      const blocks = (rest + read.value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        if (ends(block)) return;
        yield `${block}\n\n`;
      }
    }
    throw new Error("the stream of events broke off");
  }

  // Yield the messages of a stream that goes on while anything is open. One that breaks off is an
  // error for whatever was open, which the server has dropped; else it is closed like any other.
  async function* whole(first, again) {
    try {
      for (let answer = first; ; answer = await again()) {
        yield* messages(answer);
        while (open.size === 0 && handing.size > 0) await Promise.race(handing);
        if (open.size === 0) break;
      }
    } catch (error) {
      const waiting = open.size > 0;
      open.clear();
      early.clear();
      if (waiting) throw error;
    }
    yield CLOSE;
  }

  const listen = async (request, options) => {
    const again = () => fetched(request, options);
    const first = await again();
    if (!first.ok || !first.body) return first;
    const parts = whole(first, again);
    const pull = async (controller) => {
      const { value, done } = await parts.next();
      if (done) controller.close();
      else controller.enqueue(value);
    };
    const stream = new ReadableStream({ pull }).pipeThrough(new TextEncoderStream());
    return new Response(stream, { status: first.status, headers: first.headers });
  };

  window.fetch = async (request, options) => {
    const asked = path(request);
    if (asked.endsWith("/queue/join")) return handIn(fetched(request, options));
    if (asked.endsWith("/queue/data")) return listen(request, options);
    return fetched(request, options);
  };
})();
