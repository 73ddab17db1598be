package hostile

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"moonlark/engine/testkit"
)

// An attack is one hostile script. Comments in the script say what must happen. If there is a
// comment "result" or "error", the agent calls the script's tool "attack".
//
//	--> result REGEXP    the tool may return a result that matches REGEXP
//	--> error REGEXP     the tool may fail with an error that matches REGEXP
//	--> says REGEXP      the log, a print or a shown error must match REGEXP
//	--> refused REGEXP   loading the script must fail with an error that matches REGEXP
//	--> calm REGEXP      the script's harmless tool may fail with an error that matches REGEXP
//	--> calls N          the agent calls the tool N times at the same time; default 1
//	--> times N          the agent does this N times, one after the other; default 1
//	--> events N         the agent sends N events agent_response before the calls
//	--> args JSON        the arguments of the calls; default {}
//	--> lasts DURATION   the minimum duration of the attack
//	--> flags FLAGS      flags of moonlark; $DIR is a temporary folder of the attack
//	--> folder NAME      what the folder $DIR contains: see folders
//
// Each answer must match one of the comments "result" and "error", and each of these comments must
// match an answer.
//
// If the script expects the error "ran for 200ms without a wait", its handlers may run for 200 ms
// without a wait. In all other attacks they may run for maxBurst.
type attack struct {
	name, source string
	answers      []answer
	says         []*regexp.Regexp
	refused      *regexp.Regexp
	calm         []*regexp.Regexp
	calls, times int
	events       int
	args         json.RawMessage
	lasts        time.Duration
	flags        []string
	folder       string
	url          string // of the hostile web server
}

// maxBurst is how long a handler may run without a wait. It is long, so that a slow machine does
// not change the outcome, but shorter than the timeout of a tool call, which is 15 s.
const maxBurst = "14s"

// An answer is a result or an error that the tool may return.
type answer struct {
	isError bool
	text    *regexp.Regexp
}

func readAttack(t *testing.T, path string) *attack {
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	a := &attack{name: filepath.Base(path), source: string(source), calls: 1, times: 1, args: json.RawMessage("{}")}
	for line := range strings.Lines(a.source) {
		line, ok := strings.CutPrefix(strings.TrimSpace(line), "--> ")
		if !ok {
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		rest = strings.TrimSpace(rest)
		switch word {
		case "result", "error":
			a.answers = append(a.answers, answer{word == "error", pattern(t, rest)})
		case "says":
			a.says = append(a.says, pattern(t, rest))
		case "refused":
			a.refused = pattern(t, rest)
		case "calm":
			a.calm = append(a.calm, pattern(t, rest))
		case "calls":
			a.calls, err = strconv.Atoi(rest)
		case "times":
			a.times, err = strconv.Atoi(rest)
		case "events":
			a.events, err = strconv.Atoi(rest)
		case "args":
			a.args = json.RawMessage(rest)
		case "lasts":
			a.lasts, err = time.ParseDuration(rest)
		case "flags":
			a.flags = append(a.flags, strings.Fields(rest)...)
		case "folder":
			if a.folder = rest; folders[rest] == nil {
				err = fmt.Errorf("%s: there is no folder %s", path, rest)
			}
		default:
			t.Fatalf("%s: unknown word %s after -->", path, word)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(a.source, "ran for 200ms") {
		a.flags = append(a.flags, "--burst-warn", "100ms", "--burst", "200ms")
	} else {
		a.flags = append(a.flags, "--burst", maxBurst)
	}
	if len(a.answers)+len(a.says) == 0 && a.refused == nil {
		t.Fatalf("%s does not say what must happen", path)
	}
	return a
}

func pattern(t *testing.T, text string) *regexp.Regexp {
	re, err := regexp.Compile("(?s)" + text)
	if err != nil {
		t.Fatal(err)
	}
	return re
}

// tooSlow matches the error of a call that did not finish in time. With the race detector, the process is
// so slow that this can happen to any attack.
var tooSlow = regexp.MustCompile("took longer than 15s|ran for " + maxBurst + " without a wait")

// call calls the tool "attack" as often as the comments say, and checks the answers.
func (a *attack) call(t *testing.T, agent *testkit.Conversation) {
	seen := make([]bool, len(a.answers))
	unfinished := false // a call was too slow
	check := func(r testkit.ToolResult) {
		i := slices.IndexFunc(a.answers, func(want answer) bool {
			return r.Err == nil && r.IsError == want.isError && want.text.MatchString(r.Result)
		})
		switch {
		case i >= 0:
			seen[i] = true
		case testkit.Race && r.IsError && tooSlow.MatchString(r.Result):
			unfinished = true
		default:
			t.Errorf("attack = %.500s", r)
		}
	}
	for n := range a.times {
		results := make(chan testkit.ToolResult, a.calls)
		for i := range a.calls {
			go func() { results <- agent.Call(fmt.Sprintf("attack-%d-%d", n, i), "attack", string(a.args)) }()
		}
		for range a.calls {
			check(<-results)
		}
	}
	for i, want := range a.answers {
		if !seen[i] && !unfinished {
			t.Errorf("no answer matches %s", want.text)
		}
	}
}
