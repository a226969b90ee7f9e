"""The model of the dispatch protocol holds, and the product has exactly its states and moves."""

import gc
import random

import pytest

from invocations.models import BatchState
from invocations.states import MOVES
from tests.models import dispatch_model as model

BEYOND_THE_MODEL = {
    ("accepted", "finished"),  # its targets coming to rest is not modelled
    ("unknown", "accepted"),  # needs a list that never shows an invocation: worse than the model's cloud
}


@pytest.fixture(autouse=True)
def _no_search_for_cycles():
    """There are none among millions of tuples."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("config", model.SOUND, ids=lambda config: config.name)
def test_the_model_holds(config):
    _, _, why, path, ends = model.explore(model.quick(config), want_trace=False)
    assert (why, path) == (None, [])
    assert "accepted" in ends or "accepted+accepted" in ends


@pytest.mark.parametrize("config", model.BROKEN, ids=lambda config: config.name)
def test_the_model_catches_every_broken_variant(config):
    _, _, why, path, _ = model.explore(config)
    assert why not in (None, "state limit reached")
    assert path


def moves_seen(config: model.Cfg, seed: int, walks: int = 600) -> set[tuple[str, str]]:
    """(from, to) of every batch on random walks, which reach the late truths that small exhaustive bounds do not."""
    dice, moves = random.Random(seed), set()
    for _ in range(walks):
        state = model.initial(config)
        while options := list(model.steps(state, config)):
            weights = [next((w for word, w in model.RARE if word in label), 1.0) for label, _ in options]
            label, after = dice.choices(options, weights)[0]
            moves |= moves_of_step(label, state, after)
            state = after
    return moves


def moves_of_step(label: str, before: model.State, after: model.State) -> set[tuple[str, str]]:
    if label.startswith("database restored"):
        return {("queued", "unsure")}  # the rows are yesterday's, then distrusted
    return {
        (old.state, new.state)
        for old, new in zip(before.batches, after.batches, strict=False)
        if old.state != new.state or ("claim" in label and old.epoch != new.epoch)
    }


def moves_of_stopping() -> set[tuple[str, str]]:
    """Every move within the small bounds of the configuration with Stop, whose rarest one walks may miss."""
    config = next(config for config in model.SOUND if config.name == "stop")
    first = model.initial(config)
    seen, todo, moves = {first}, [first], set()
    while todo:
        state = todo.pop()
        for label, after in model.steps(state, config):
            moves |= moves_of_step(label, state, after)
            if after not in seen:
                seen.add(after)
                todo.append(after)
    return moves


@pytest.fixture(scope="module")
def modelled() -> set[tuple[str, str]]:
    return moves_of_stopping().union(*(moves_seen(config, seed) for seed, config in enumerate(model.WALKS)))


def test_every_move_of_the_model_is_legal_in_the_product(modelled):
    legal = {(str(old), str(new)) for old, news in MOVES.items() for new in news}
    assert modelled - legal == set()


def test_every_legal_move_of_the_product_is_one_of_the_model(modelled):
    legal = {(str(old), str(new)) for old, news in MOVES.items() for new in news}
    assert legal - modelled - BEYOND_THE_MODEL == set()


def test_the_product_has_the_states_of_the_model_and_the_end_of_its_targets(modelled):
    assert {state for move in modelled for state in move} | {"finished"} == set(BatchState.values)
