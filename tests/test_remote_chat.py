import asyncio
import builtins
import socket
from typing import TypedDict

import pytest
from langgraph.graph import END, START, StateGraph

from tests.made_loading import loading
from tests.made_provider import KEY, provider
from tools.backends import remote_chat
from tools.backends.remote_trouble import explain
from tools.chat import ChatHost, ChatRequest, Message
from tools.errors import ConfigError, ModelError, UnknownName
from tools.models import load_models
from tools.sentences import split

ASKED = (Message("system", "You listen."), Message("user", "My day was long."))
REPLY = "I hear you. That was a lot. What now?"


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("MADE_KEY", KEY)
    monkeypatch.setattr(remote_chat, "wait_exponential_jitter", lambda **_: lambda state: 0.0)
    with provider() as running:
        yield running


def open_model(server, **options):
    given = {"model": "openai:made", "base_url": server.url, "key_env": "MADE_KEY", "timeout": 5}
    entry = loading("remote-chat", task="respond", options={**given, **options})
    return remote_chat.load(entry)


def reply(chat, **settings):
    return "".join(chat.stream(ChatRequest(ASKED, **settings)))


def failure(chat):
    with pytest.raises(ModelError) as caught:
        reply(chat)
    return caught.value


def test_the_reply_comes_in_pieces(server):
    pieces = list(open_model(server).stream(ChatRequest(ASKED)))
    assert pieces == server.pieces


def test_sentences_arrive_one_by_one_through_the_host(server):
    async def read():
        host = ChatHost("made", lambda: open_model(server))
        host.open("turn", ChatRequest(ASKED))
        return [await host.sentence("turn") for _ in range(4)]

    assert asyncio.run(read()) == [*split(REPLY), ""]


def test_the_request_holds_what_was_asked(server):
    reply(open_model(server), max_tokens=33, temperature=0.7)
    sent = server.requests[0]
    assert sent["model"] == "made" and sent["stream"] is True
    assert [(m["role"], m["content"]) for m in sent["messages"]] == [
        (m.role, m.content) for m in ASKED
    ]
    assert (sent["max_completion_tokens"], sent["temperature"]) == (33, 0.7)


def test_a_temperature_in_the_options_wins(server):
    reply(open_model(server, temperature=0.3), temperature=0.7)
    assert server.requests[0]["temperature"] == 0.3


def test_a_model_that_refuses_a_temperature_gets_none(server):
    reply(open_model(server, fixed_temperature=True))
    assert "temperature" not in server.requests[0]


def test_thinking_tokens_come_on_top_of_the_limit(server):
    reply(open_model(server, thinking_tokens=500), max_tokens=20)
    assert server.requests[0]["max_completion_tokens"] == 520


def test_a_server_that_ignores_the_limit_is_held_to_it(server):
    server.pieces = ["word "] * 50
    assert reply(open_model(server), max_tokens=8) == "word " * 8


def test_further_settings_reach_the_provider(server):
    reply(open_model(server, extra={"top_p": 0.5}))
    assert server.requests[0]["top_p"] == 0.5


def test_closing_the_reply_ends_the_request(server):
    server.pieces, server.pause = ["word "] * 500, 0.01
    pieces = open_model(server).stream(ChatRequest(ASKED, max_tokens=1000))
    next(pieces)
    pieces.close()
    assert server.gone.wait(5)


class _State(TypedDict):
    text: str


def run_graph(work, mode):
    graph = StateGraph(_State)
    graph.add_node("respond", work)
    graph.add_edge(START, "respond")
    graph.add_edge("respond", END)
    return list(graph.compile().stream({"text": ""}, stream_mode=mode))


def test_no_raw_token_shows_in_the_messages_of_a_graph(server):
    chat = open_model(server)
    shown = run_graph(lambda state: {"text": reply(chat)}, ["messages", "updates"])
    assert shown == [("updates", {"respond": {"text": REPLY}})]


def test_the_graph_of_that_test_would_show_tokens_without_the_tag(server, monkeypatch):
    monkeypatch.setattr(remote_chat, "NOSTREAM", "other")
    chat = open_model(server)
    shown = run_graph(lambda state: {"text": reply(chat)}, ["messages"])
    assert "".join(message.text for _, (message, _) in shown).startswith("I hear you.")


async def test_no_raw_token_shows_in_the_events_of_a_graph(server):
    host = ChatHost("made", lambda: open_model(server))

    async def respond(state):
        host.open("turn", ChatRequest(ASKED))
        return {"text": await host.sentence("turn")}

    graph = StateGraph(_State)
    graph.add_node("respond", respond)
    graph.add_edge(START, "respond")
    events = [event async for event in graph.compile().astream_events({"text": ""})]
    assert events and not [e for e in events if e["event"].startswith("on_chat_model")]


def test_what_was_said_already_is_gone_on_with(server):
    server.pieces = [" What ", "now?"]
    assert reply(open_model(server), prefix="I hear you. ") == " What now?"
    roles = [m["role"] for m in server.requests[0]["messages"]]
    assert roles == ["system", "user", "assistant", "user"]
    assert server.requests[0]["messages"][2]["content"] == "I hear you."


def test_a_provider_that_goes_on_by_itself_gets_no_further_words(server):
    server.pieces = [" What now?"]
    assert reply(open_model(server, prefill=True), prefix="I hear you. ") == " What now?"
    assert server.requests[0]["messages"][-1]["role"] == "assistant"


def test_words_that_the_model_repeats_are_dropped(server):
    rest = reply(open_model(server), prefix="I hear you. That was ")
    assert rest.strip() == "a lot. What now?"


@pytest.mark.parametrize(
    ("prefix", "pieces", "rest"),
    [
        ("", ["One. ", "Two."], "One. Two."),
        ("One.", ["One. ", "Two."], "Two."),
        ("One.", ["O", "ne.", " Two."], "Two."),
        ("One. Two.", ["One.\n", "Two.", " Three."], "Three."),
        ("One.", ["Only ", "this."], "Only this."),
        ("One.", ["One."], ""),
        ("One.", [], ""),
    ],
)
def test_only_a_repetition_is_dropped(prefix, pieces, rest):
    assert "".join(remote_chat.without(prefix, iter(pieces))).strip() == rest


@pytest.mark.parametrize("status", [429, 500, 503, 0])
def test_a_passing_failure_is_tried_again(server, status):
    server.failures = [status, status]
    assert reply(open_model(server)) == REPLY
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "refused the key of the language model 'made'"),
        (403, "refused the key"),
        (404, "does not know 'openai:made'"),
        (400, r"refused the request of the language model 'made' \(HTTP 400\)"),
        (422, r"refused the request"),
    ],
)
def test_a_lasting_failure_is_told_at_once(server, status, words):
    server.failures = [status]
    with pytest.raises(ModelError, match=words):
        reply(open_model(server))
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (429, "quota is used up"),
        (503, r"\(HTTP 503\)"),
        (0, "the connection of the language model 'made' to 127"),
    ],
)
def test_a_passing_failure_that_stays_is_told(server, status, words):
    server.failures = [status] * 9
    with pytest.raises(ModelError, match=words):
        reply(open_model(server, attempts=2))
    assert len(server.requests) == 2


def test_a_reply_that_breaks_off_is_not_begun_again(server):
    server.pieces = ["I hear you. ", None]
    pieces = open_model(server).stream(ChatRequest(ASKED))
    assert next(pieces) == "I hear you. "
    with pytest.raises(ModelError, match="the connection of"):
        list(pieces)
    assert len(server.requests) == 1


def test_a_silent_server_is_given_up(server):
    server.pause = 2.0
    with pytest.raises(ModelError, match=r"sent nothing .* within 0.2 s"):
        reply(open_model(server, timeout=0.2, attempts=1))


def test_a_server_that_is_not_there_is_told(server):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
        with pytest.raises(ModelError, match="to 127.0.0.1:.* failed"):
            reply(open_model(server, base_url=url, attempts=1))


def test_a_reply_without_text_is_a_failure(server):
    server.pieces = [""]
    with pytest.raises(ModelError, match="sent no text"):
        reply(open_model(server))


def test_nothing_more_to_say_is_none(server):
    server.pieces = [""]
    assert reply(open_model(server), prefix="I hear you.") == ""


@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_neither_key_nor_words_stand_in_a_failure(server, status):
    server.failures = [status] * 9
    error = failure(open_model(server, attempts=1))
    assert KEY not in str(error) and "My day" not in str(error) and "\n" not in str(error)
    assert error.__cause__ is None and error.__suppress_context__


def test_the_key_comes_from_the_variable_that_is_named(server):
    reply(open_model(server))
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"


def test_a_server_of_ones_own_does_not_get_the_providers_key(server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    reply(open_model(server, key_env=None))
    assert KEY not in server.headers[0]["authorization"]


def test_a_variable_that_is_not_set_is_named(server, monkeypatch):
    monkeypatch.delenv("MADE_KEY")
    with pytest.raises(ConfigError, match="'MADE_KEY', which is not set"):
        open_model(server)


@pytest.mark.parametrize(
    "options",
    [
        {"api_key": KEY},
        {"key_env": KEY},
        {"extra": {"openai_api_key": "anything"}},
        {"extra": {"default_headers": {"Authorization": "anything"}}},
        {"extra": {"user": KEY}},
        {"extra": {"stop": [KEY]}},
        {"base_url": "https://me:anything@example.com/v1"},
    ],
)
def test_a_key_in_the_options_is_refused_and_not_repeated(server, options):
    with pytest.raises(ConfigError, match="holds a key or a password") as caught:
        open_model(server, **options)
    assert KEY not in str(caught.value) and "anything" not in str(caught.value)


def test_a_model_without_a_provider_is_refused(server):
    with pytest.raises(ConfigError, match="'made' are wrong: model"):
        open_model(server, model="gpt-4o-mini")


def test_an_unknown_provider_is_refused(server):
    with pytest.raises(ConfigError, match="cannot be set up for 'nobody'"):
        open_model(server, model="nobody:made")


def test_a_misspelt_option_is_refused_with_the_nearest_one(server):
    with pytest.raises(UnknownName, match="did you mean 'base_url'"):
        open_model(server, base_ulr="x")


def test_the_entry_of_the_remote_profile_is_right(server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    shipped = load_models("remote").config("remote")
    chat = remote_chat.load(loading("remote-chat", task="respond", options=shipped.options))
    assert chat.client(1, 0.0).model_name == "gpt-4o-mini"


def test_without_the_providers_key_the_environment_is_named(server, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ConfigError, match="whether the environment holds the provider's key"):
        open_model(server, base_url=None, key_env=None)


def test_a_missing_package_is_named(server, monkeypatch):
    real = builtins.__import__

    def lacking(name, *rest):
        if name.startswith("langchain_mistralai"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", lacking)
    with pytest.raises(ConfigError, match="run `pip install langchain-mistralai`$"):
        open_model(server, model="mistralai:small")


def test_an_error_of_ours_is_passed_on():
    ours = ConfigError("as it is")
    assert explain(ours, name="m", model="a:b", where=None, timeout=1) is ours


def test_a_strange_error_is_told_by_its_name_only():
    told = explain(KeyError("My day"), name="m", model="a:b", where=None, timeout=1)
    assert str(told) == "the language model 'm' at the provider 'a' failed: KeyError"
