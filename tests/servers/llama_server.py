"""llama.cpp's server in a process of its own, until standard input ends: prints its address, once it answers."""

import sys
from importlib import import_module

llama = import_module("xllamacpp")
params = llama.CommonParams()
params.model.path, params.model_alias = sys.argv[1], {"smollm2"}
params.hostnames, params.port, params.ui = ["127.0.0.1"], 0, False
params.n_parallel, params.n_ctx = 4, 4 * 2048
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
server = llama.Server(params)
sys.stdout.write(f"{server.listening_address}\n")
sys.stdout.flush()
sys.stdin.read()
