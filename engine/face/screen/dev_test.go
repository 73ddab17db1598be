package screen_test

import (
	"os"
	"testing"
	"time"
)

func TestDev(t *testing.T) {
	if os.Getenv("DEV") == "" {
		t.Skip()
	}
	k := open(t, harbour)
	os.WriteFile("/tmp/scr-shots/url", []byte(k.url), 0o600)
	for {
		s, _ := os.ReadFile("/tmp/scr-shots/state")
		if string(s) == "quit" {
			return
		}
		if len(s) > 0 {
			k.conversation(string(s))
			os.Remove("/tmp/scr-shots/state")
		}
		time.Sleep(200 * time.Millisecond)
	}
}

