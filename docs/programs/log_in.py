import requests

with requests.Session() as http:
    http.post("https://localhost:9000/sessions", json={"email": "test@tozo.invalid", "password": "password"})
    print(http.get("https://localhost:9000/sessions").json())  # {'memberId': 1}
