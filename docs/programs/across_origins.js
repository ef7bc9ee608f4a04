const answer = await fetch("http://localhost:9000/sessions", { credentials: "include" });
