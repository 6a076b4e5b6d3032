"""Small pages of the gate: no script, readable without a style sheet, light and dark."""

from html import escape

_STYLE = """
:root { color-scheme: light dark; }
body { font: 1.125rem/1.6 system-ui, sans-serif; margin: 0 auto; padding: 1.5rem;
  max-width: 40rem; background: #fbf9f6; color: #24211d; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; } h3 { font-size: 1.05rem; }
a { color: #28574d; }
label { display: block; margin: 1rem 0 .25rem; }
input { font: inherit; width: 100%; box-sizing: border-box; padding: .6rem; border-radius: .5rem;
  border: 1px solid #7a7266; background: #fff; color: inherit; }
button, .button { font: inherit; display: inline-block; margin: 1.25rem 0 0; padding: .7rem 1.4rem;
  border: 0; border-radius: .5rem; background: #2f6b5d; color: #fff; text-decoration: none;
  cursor: pointer; }
:focus-visible { outline: 3px solid #3f8170; outline-offset: 2px; }
[role=alert] { border-left: 4px solid #a15c00; padding-left: .75rem; }
aside { margin-top: 2.5rem; border-top: 1px solid #d6cec1; }
.which { display: none; } .services strong { display: block; } /* choosing needs a script */
table { border-collapse: collapse; } th, td { text-align: left; padding: .25rem 1rem .25rem 0; }
@media (prefers-color-scheme: dark) {
  body { background: #1a1815; color: #f5f1eb; } a { color: #8fbfae; }
  input { background: #24211d; }
}
"""


def document(title: str, body: str, *, head: str = "") -> str:
    """Return a whole page.

    Args:
        title: plain text.
        body: HTML below the heading.
        head: more HTML for the head.
    """
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title>{head}<style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )


def paragraph(text: str) -> str:
    """Return one escaped paragraph."""
    return f"<p>{escape(text)}</p>"


def onward() -> str:
    """Return a page that leads to the chat by itself.

    A browser that comes from another site sends no cookie of ours along; it does with the request
    that this page makes.
    """
    return document(
        "Attune",
        '<p><a href="/">Go on to the page</a></p>',
        head='<meta http-equiv="refresh" content="0;url=/">',
    )
