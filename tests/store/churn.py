"""A child that writes, copies, deletes and collects without end, until it is killed.

python churn.py ROOT SEED
"""

import random
import sys
from pathlib import Path

from rillet.model.manifest import CONFIG_TYPE, MODEL, Config, encode, make_manifest
from rillet.model.names import ModelName
from rillet.store import ModelStore
from rillet.words.errors import StoreError


def turn(store: ModelStore, chance: random.Random) -> None:
    name = ModelName.parse(f"m{chance.randrange(4)}")
    match chance.randrange(5):
        case 0 | 1:
            contents = [b"%d" % chance.randrange(6) * 3000 for _ in range(2)]
            layers = [store.add_layer(MODEL, content) for content in contents]
            config = store.add_layer(CONFIG_TYPE, encode(Config(model_type=name.model)))
            store.write_manifest(name, encode(make_manifest(config, layers)))
        case 2:
            store.copy(name, ModelName.parse(f"copies/m{chance.randrange(3)}"))
        case 3:
            store.delete(name)
        case _:
            store.collect()


def main() -> None:
    store = ModelStore(Path(sys.argv[1]))
    chance = random.Random(sys.argv[2])
    print("ready", flush=True)
    while True:
        try:
            turn(store, chance)
        except StoreError as error:
            # The other child deleted a blob between our writing and our naming it.
            if "missing" not in error.message:
                raise


if __name__ == "__main__":
    main()
