package tcp_test

import (
	"os"
	"path/filepath"
	"testing"
)

func TestSecrets(t *testing.T) {
	address := serve(t, nil, echo)
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	s := openScript(t)
	lines := `here = { value = "hunter2", hosts = ["127.0.0.1"] }
		there = { value = "hunter3", hosts = ["api.example.com"] }`
	if err := os.WriteFile(filepath.Join(s.Folder, "secrets.toml"), []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	check(t, s, address, []row{
		{"a secret", `c = tcp.connect(SERVER) c:send("PASS " .. secrets.get("here") .. "\n") return c:receive()`, "PASS hunter2"},
		{"a secret for another host", `c:send(secrets.get("there"))`, "a.lua:1: the secret there may not be sent to 127.0.0.1: secrets.toml names its hosts"},
	})
}
