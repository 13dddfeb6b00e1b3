"""SQS, Lambda's API and Slack's as one server that answers at once: a process of its own, which prints its address."""

import json
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ANSWERS = {
    "SendMessage": {"MessageId": "m", "MD5OfMessageBody": "0"},
    "auth.test": {"ok": True, "user_id": "U", "bot_id": "B", "team_id": "T", "user": "u", "team": "t", "url": ""},
}


class Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        action = str(self.headers.get("X-Amz-Target", self.path)).rpartition(".")[2]
        found = ANSWERS.get(action) or ANSWERS.get(self.path.rpartition("/")[2])
        body = json.dumps(found or {}).encode()
        self.send_response(200 if found else 202)  # of Lambda's Invoke
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle_one_request(self) -> None:
        with suppress(ConnectionResetError):  # by a function that was ended
            super().handle_one_request()
            return
        self.close_connection = True

    def log_message(self, *_: object) -> None: ...


if __name__ == "__main__":
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()
