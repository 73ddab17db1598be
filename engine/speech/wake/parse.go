package wake

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"moonlark/engine/speech"
	"moonlark/engine/speech/command"
	"moonlark/engine/speech/wyoming"
)

// parse returns the recogniser that text describes: "wyoming:..." or "exec:COMMAND". The error says
// which forms are allowed.
func parse(text string, log *slog.Logger) (speech.WakeRecogniser, error) {
	kind, rest, _ := strings.Cut(text, ":")
	rest = strings.TrimSpace(rest)
	switch {
	case kind != "wyoming" && kind != "exec":
		return nil, errors.New("want wyoming:HOST[:PORT][,NAME] or exec:COMMAND")
	case rest == "":
		return nil, fmt.Errorf("nothing follows %q", kind+":")
	case kind == "exec":
		return &command.WakeRecogniser{Command: rest, Log: log}, nil
	}
	return wyoming.NewWakeRecogniser(rest, log)
}
