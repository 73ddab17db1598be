package story

import (
	"github.com/rogpeppe/go-internal/testscript"

	"moonlark/engine/testkit"
)

func (s *story) broker(ts *testscript.TestScript, args []string) {
	if testkit.MosquittoPath() == "" {
		ts.Fatalf("mosquitto is not installed")
	}
	b := testkit.NewMosquitto(s)
	b.Start()
	ts.Setenv(args[0]+"_PORT", b.Port)
}
