"""`python -m tools`: weights, training, models and their measure, examples, corpora."""

import typer

from tools.command import run
from tools.corpora.command import app as corpora
from tools.examples.command import app as examples
from tools.models_command import app as models
from tools.storage.command import key, store
from tools.training.command import app as train
from tools.weights.command import app as weights

app = typer.Typer(
    help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
# Sub-commands import what is heavy inside their functions.
app.add_typer(weights, name="weights")
app.add_typer(train, name="train")
app.add_typer(models, name="models")
app.add_typer(examples, name="examples")
app.add_typer(corpora, name="corpora")
app.add_typer(key, name="key")
app.add_typer(store, name="store")

if __name__ == "__main__":
    run(app)
