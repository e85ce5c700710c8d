"""A llama-server for the tests: the real engine of the wheel behind llama-server's own flags and
variables. Like the original it exits with 1 and a word on stderr for a flag it does not know.
"""

import argparse
import os
import signal

import xllamacpp

FLAGS = {
    "--model": (str, "model.path"),
    "--ctx-size": (int, "n_ctx"),
    "--parallel": (int, "n_parallel"),
    "--batch-size": (int, "n_batch"),
    "--ubatch-size": (int, "n_ubatch"),
    "--threads": (int, "cpuparams.n_threads"),
    "--threads-batch": (int, "cpuparams_batch.n_threads"),
    "--n-gpu-layers": (int, "n_gpu_layers"),
    "--port": (int, "port"),
}


def main() -> None:
    parser = argparse.ArgumentParser()
    for flag, (kind, name) in FLAGS.items():
        parser.add_argument(flag, type=kind, dest=name)
    parser.add_argument("--host")
    parser.add_argument("--no-warmup", action="store_true")
    given = vars(parser.parse_args())
    params = xllamacpp.CommonParams()
    params.hostnames = [given.pop("host")]
    params.warmup = not given.pop("no_warmup")
    for name, value in given.items():
        if value is not None:
            *owner, attribute = name.split(".")
            setattr(getattr(params, owner[0]) if owner else params, attribute, value)
    variables = {name.removeprefix("LLAMA_"): value for name, value in os.environ.items()}
    params.api_keys = [variables["API_KEY"]]
    params.n_threads_http = int(variables["ARG_THREADS_HTTP"])
    params.fit_params = variables["ARG_FIT"] == "on"
    params.ui = variables["ARG_UI"] == "1"
    params.endpoint_slots = variables["ARG_ENDPOINT_SLOTS"] == "1"
    params.ctx_shift = variables["ARG_CONTEXT_SHIFT"] == "1"
    params.verbosity = int(variables["ARG_LOG_VERBOSITY"])
    server = xllamacpp.Server(params)
    signal.pause()
    del server


if __name__ == "__main__":
    main()
