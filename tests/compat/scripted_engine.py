"""A llama-server that follows a script: errors in mid-stream, several tool calls, a sudden end.

A prompt with [[script:NAME]] gets what data/vectors/engine_scripts.json says of NAME, any other
as many words as it asks for. One character is one token. Run by Rillet as RILLET_LLAMA_SERVER names
it, with llama-server's own flags and variables; the routes are those that Rillet asks.
"""

import argparse
import json
import os
import re
import socketserver
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).parents[1] / "data" / "vectors" / "engine_scripts.json"
CONTEXT = 2048
TIMINGS = {"prompt_n": 9, "prompt_ms": 1.5, "predicted_n": 3, "predicted_ms": 2.5}
Script = dict[str, Any]
_SCRIPTS: dict[str, Script] = json.loads(SCRIPTS.read_bytes())


def script(text: str, limit: int) -> tuple[str, Script]:
    """The name and the script that the last mark in a text asks for."""
    names = re.findall(r"\[\[script:(\w+)\]\]", text)
    if not names:
        return "", {"content": [" word"] * limit, "stop": "limit"}
    found = dict(_SCRIPTS[names[-1]])
    if isinstance(found.get("content"), str):  # told in words: the piece 'same' 40 times
        found["content"] = ["same"] * 40
    if text.endswith("".join(found.get("content", "-"))):
        found["content"] = []  # a prompt that goes on after all that is to be said
    return names[-1], found


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words: object) -> None:
        pass

    def address_string(self) -> str:
        return "local"

    def do_GET(self) -> None:
        props = {"default_generation_settings": {"n_ctx": CONTEXT}, "total_slots": 1}
        self._json(200, props if self.path == "/props" else {"status": "ok"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        match self.path:
            case "/tokenize":
                self._json(200, {"tokens": [ord(each) for each in body["content"]]})
            case "/detokenize":
                self._json(200, {"content": "".join(map(chr, body["tokens"]))})
            case "/apply-template":
                self._json(200, {"prompt": _last_text(body)})
            case "/completion":
                prompt = body["prompt"]
                text = prompt if isinstance(prompt, str) else "".join(map(chr, prompt))
                self._follow(text, _completion, body)
            case "/v1/chat/completions":
                self._follow(_last_text(body), _chat, body)
            case _:
                self._json(404, {"error": {"code": 404, "message": "no such route"}})

    def _follow(self, text: str, dialect: Any, body: Script) -> None:
        name, told = script(text, body.get("n_predict") or body.get("max_tokens") or 1)
        if refused := told.get("before_the_first_piece"):
            error = {"code": refused["status"], "message": refused["message"], "type": "error"}
            self._json(refused["status"], {"error": error})
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for record in dialect(told, body):
            time.sleep(told.get("seconds_before_each_piece", 0))
            self._record(record)
        self._end(name)

    def _end(self, name: str) -> None:
        if name == "die":
            self.wfile.flush()
            os._exit(1)
        if name == "midfail":
            self._record({"error": {"code": 500, "message": "mid boom", "type": "server_error"}})
        if name == "midcut":
            self.wfile.write(b'ff\r\ndata: {"content":')
            self.close_connection = True
        else:
            self.wfile.write(b"0\r\n\r\n")

    def _record(self, record: Script) -> None:
        data = b"data: " + json.dumps(record).encode() + b"\n\n"
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        self.wfile.flush()

    def _json(self, status: int, value: object) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _last_text(body: Script) -> str:
    content = body["messages"][-1]["content"]
    return content if isinstance(content, str) else json.dumps(content)


def _completion(told: Script, body: Script) -> Iterator[Script]:
    """The records of /completion; the last one is missing where the script breaks off."""
    for piece in told.get("content", ()):
        yield {"content": piece, "tokens": [ord(each) for each in piece], "stop": False}
    if "then" not in told:
        count = len(told.get("content", ())) + 1
        counts = {"tokens_predicted": count, "tokens_evaluated": 9, "timings": TIMINGS}
        stop = {"content": "", "stop": True, "stop_type": told.get("stop", "eos")}
        yield {**stop, **counts}


def _chat(told: Script, body: Script) -> Iterator[Script]:
    """The records of /v1/chat/completions."""
    for piece in told.get("thinking", ()):
        yield _chunk({"reasoning_content": piece})
    for piece in told.get("content", ()):
        yield _chunk({"content": piece})
    calls = told.get("tools", []) if body.get("tools") else []
    for index, call in enumerate(calls):
        text = call.get("arguments_text") or json.dumps(call["arguments"])
        function = {"name": call["name"], "arguments": text}
        one = {"index": index, "id": f"call{index}", "type": "function", "function": function}
        yield _chunk({"tool_calls": [one]})
    if "then" not in told:
        reason = "length" if told.get("stop") == "limit" else "tool_calls" if calls else "stop"
        yield _chunk({}, reason)
        usage = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}
        yield {**_chunk({}), "choices": [], "usage": usage, "timings": TIMINGS}


def _chunk(delta: Script, reason: str | None = None) -> Script:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    frame = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return {**frame, "choices": [choice]}


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)  # a socket file has no host and no port


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    given, _ = parser.parse_known_args()
    import socket

    local = given.host.startswith("/")
    Server.address_family = socket.AF_UNIX if local else socket.AF_INET
    with Server(given.host if local else (given.host, given.port), Handler) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
