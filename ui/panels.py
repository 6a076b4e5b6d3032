"""What designers see of a turn, as one block of escaped HTML."""

from collections.abc import Iterable, Mapping
from html import escape

from graphs.run import TurnReport
from tools.labels import RISK_ORDER
from tools.records import MODALITIES, Choice, Example, Reading, Scores

_SHOWN_DETAIL = 5
_NAMES = {"text": "Words", "voice": "Voice", "face": "Face"}


def panel(report: TurnReport) -> str:
    """Return everything a turn came to: readings, plan, examples, time, models and notes."""
    parts = [
        _summary(report),
        _section("What was read", _readings(report)),
        _section("Fused emotion", _fused(report)),
        _section("Strategy", _choice(report["strategy"])),
        _section("Emotion of the system", _choice(report["system_emotion"])),
        _section("Milliseconds by node", _timings(report["timings"])),
        _section(f"Notes ({len(report['notes'])})", _notes(report), bool(report["notes"])),
        _section(
            f"Examples used ({len(report['examples'])})", _examples(report["examples"]), False
        ),
        _section("Models", _pairs(report["models"]), False),
    ]
    return f'<div class="panel">{"".join(parts)}</div>'


def refusal(trouble: str) -> str:
    """Return why an edited graph was refused; empty where it was not."""
    if not trouble:
        return ""
    return (
        '<div class="refused" role="alert"><strong>The edited graph is refused; the last good '
        f"version goes on.</strong><pre>{escape(trouble)}</pre></div>"
    )


def _section(title: str, body: str, opened: bool = True) -> str:
    state = " open" if opened else ""
    return f"<details{state}><summary>{escape(title)}</summary>{body}</details>"


def _summary(report: TurnReport) -> str:
    timings, risk = report["timings"], report["risk"]
    rows = {
        "graph": report["graph"],
        "route": report["route"],
        "risk": f"{risk['level']} (gravest so far: {risk['peak']})",
        "first sentence": f"{timings.get('first_sentence', 0):,.0f} ms",
        "whole turn": f"{timings.get('total', 0):,.0f} ms",
    }
    if risk["level"] != RISK_ORDER[0]:
        rows["rules that fired"] = ", ".join(finding["rule"] for finding in risk["findings"])
    return _pairs(rows)


def _readings(report: TurnReport) -> str:
    heard = report["heard"]
    rows = [_reading(report["readings"][m]) for m in MODALITIES if m in report["readings"]]
    if heard["text"]:
        said = f"“{escape(heard['text'])}”"
    else:
        said = f"none: {escape(heard['missing'] or 'nothing was said')}"
    note = f" ({escape(heard['note'])})" if heard["note"] else ""
    rows.append(f"<h3>Transcript</h3><p>{said}{note}</p>")
    return "".join(rows)


def _reading(reading: Reading) -> str:
    name = _NAMES[reading["modality"]]
    model = f"<code>{escape(reading['model'])}</code>" if reading["model"] else "no model"
    if reading["missing"]:
        note = f"; {escape(reading['note'])}" if reading["note"] else ""
        return f"<h3>{name}</h3><p>missing: {escape(reading['missing'])}{note} · {model}</p>"
    badge = (
        '<span class="badge">experimental, weight 0: shown, not used</span>'
        if reading["experimental"]
        else f"weight {reading['weight']:.2f}"
    )
    note = f"<p>{escape(reading['note'])}</p>" if reading["note"] else ""
    detail = ""
    if reading["detail"]:
        best = sorted(reading["detail"].items(), key=lambda item: -item[1])[:_SHOWN_DETAIL]
        detail = "<p>finer: " + ", ".join(f"{escape(k)} {v:.0%}" for k, v in best) + "</p>"
    guess = f"<p>perhaps {escape(reading['label'])}, confidence {reading['confidence']:.0%}</p>"
    return f"<h3>{name}</h3><p>{model} · {badge}</p>{guess}{note}{_bars(reading['scores'])}{detail}"


def _fused(report: TurnReport) -> str:
    felt = report["user_emotion"]
    sources = ", ".join(f"{escape(k)} {v:.2f}" for k, v in felt["sources"].items()) or "none"
    lines = [
        f"<p><strong>{escape(felt['label'])}</strong>, confidence {felt['confidence']:.0%}</p>",
        f"<p>sources and weights: {sources}</p>",
    ]
    if felt["disagreement"]:
        lines.append(f'<p class="badge">disagreement: {escape(felt["disagreement"])}</p>')
    return "".join(lines) + _bars(felt["scores"])


def _choice(choice: Choice) -> str:
    if not choice["label"]:
        return "<p>not chosen in this turn</p>"
    return (
        f"<p><strong>{escape(choice['label'])}</strong></p>"
        f"<p>{escape(choice['why'])}</p>{_bars(choice['scores'])}"
    )


def _examples(examples: Iterable[Example]) -> str:
    rows = [
        f"<li><p><strong>{e.get('similarity', 0.0):.2f}</strong> · {escape(e['strategy'])} · "
        f"<code>{escape(e['id'])}</code></p><p>{escape(e['situation'])}</p>"
        f"<p>“{escape(e['said'])}”</p><p>→ {escape(e['reply'])}</p></li>"
        for e in examples
    ]
    return f'<ol class="examples">{"".join(rows)}</ol>' if rows else "<p>none</p>"


def _timings(timings: Mapping[str, float]) -> str:
    spent = {node: ms for node, ms in timings.items() if node not in ("total", "first_sentence")}
    longest = max(spent.values(), default=0.0) or 1.0
    rows = [_bar(node, ms / longest, f"{ms:,.1f}") for node, ms in spent.items()]
    return f'<table class="bars"><tbody>{"".join(rows)}</tbody></table>'


def _notes(report: TurnReport) -> str:
    rows = [
        f"<li>{f'<code>{node}</code> ' if (node := escape(note['node'])) else ''}"
        f"{escape(note['text'])}</li>"
        for note in report["notes"]
    ]
    return f"<ul>{''.join(rows)}</ul>" if rows else "<p>none</p>"


def _pairs(pairs: Mapping[str, str]) -> str:
    rows = (f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in pairs.items())
    return f"<dl>{''.join(rows)}</dl>"


def _bars(scores: Scores) -> str:
    ranked = sorted(scores.items(), key=lambda item: -item[1])
    rows = (_bar(label, share, f"{share:.0%}") for label, share in ranked)
    return f'<table class="bars"><tbody>{"".join(rows)}</tbody></table>' if ranked else ""


def _bar(label: str, share: float, text: str) -> str:
    """Return one table row; the number says what the bar shows, so the bar itself is hidden."""
    width = f"{100 * min(max(share, 0.0), 1.0):.1f}%"
    return (
        f'<tr><th scope="row">{escape(label)}</th><td class="number">{escape(text)}</td>'
        f'<td class="bar" aria-hidden="true"><i style="width:{width}"></i></td></tr>'
    )
