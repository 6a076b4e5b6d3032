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

  // Say whether a message of the stream is for Gradio.
  const passes = async (block) => {
    const line = block.split("\n").find((found) => found.startsWith("data:"));
    const { msg, event_id: id } = line ? JSON.parse(line.slice(5)) : {};
    if (msg === "process_completed" && !open.delete(id)) early.add(id);
    if (msg !== "close_stream") return true;
    await Promise.all(handing);
    return open.size === 0;
  };

  // Yield the messages of one stream; return whether the server has closed it too early.
  async function* messages(answer) {
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      const blocks = (rest + read.value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        if (!(await passes(block))) return true;
        yield `${block}\n\n`;
      }
    }
    return false;
  }

  const listen = async (request, options) => {
    const first = await fetched(request, options);
    if (!first.ok || !first.body) return first;
    const goOn = async function* () {
      let answer = first;
      while (answer.ok && (yield* messages(answer))) answer = await fetched(request, options);
    };
    const body = goOn();
    const pull = async (controller) => {
      const { value, done } = await body.next();
      if (done) controller.close();
      else controller.enqueue(value);
    };
    const stream = new ReadableStream({ pull }).pipeThrough(new TextEncoderStream());
    return new Response(stream, { status: first.status, headers: first.headers });
  };

  window.fetch = (request, options) => {
    const asked = path(request);
    if (asked.endsWith("/queue/join")) return handIn(fetched(request, options));
    if (asked.endsWith("/queue/data")) return listen(request, options);
    return fetched(request, options);
  };
})();
