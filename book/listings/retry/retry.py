"""Whether Python's requests repeats a request by itself whose connection ended without an answer."""

import os

import requests

URL = "http://127.0.0.1:7080/"
for method in "GET", "POST":
    session = requests.Session()
    try:
        session.get(URL)
        answer = session.request(method, f"{URL}lost-python-{method}-{os.getpid()}", data="x" if method == "POST" else None)
        said = "sent again" if answer.text == "2" else answer.text
    except requests.RequestException as error:
        said = f"{type(error).__name__}: {error}"
    print(f"requests {method}: {said}")
